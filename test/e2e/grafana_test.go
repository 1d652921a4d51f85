package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"dsql-load-test/test/stack"
)

// dashboard has the parts of Grafana's model that the queries need.
type dashboard struct {
	UID        string
	Templating struct{ List []variable }
	Panels     []panel
	// Annotations have their own expression; a panel has it in a target.
	Annotations struct {
		List []struct{ Name, Expr, Step string }
	}
}

type variable struct {
	Name, Type, Regex string
	Query             any
}

type panel struct {
	Type, Title string
	Targets     []target
	Panels      []panel // of a collapsed row
}

type target struct {
	RefID, Expr, Query, Interval                     string
	Instant, Exemplar                                bool
	QueryType, Service, Operation, Tags, MinDuration string // of Jaeger
	Limit                                            int
}

func dashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	files, err := filepath.Glob("../../grafana/dashboards/*.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]dashboard{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, p := range d.Panels {
			d.Panels = append(d.Panels, p.Panels...)
		}
		all[d.UID] = d
	}
	return all
}

func (d dashboard) panel(t *testing.T, title string) panel {
	t.Helper()
	for _, p := range d.Panels {
		if p.Title == title && p.Type != "row" {
			return p
		}
	}
	t.Fatalf("%s has no panel %q", d.UID, title)
	return panel{}
}

// viewer queries a run like Grafana: over a time range, with values for the variables.
type viewer struct {
	*lab
	from, to  time.Time
	variables map[string]string
}

// view returns the viewer that the links of the run open.
func (l *lab) view(t *testing.T, r *run) *viewer {
	t.Helper()
	v := &viewer{lab: l, variables: map[string]string{
		"run_id": r.id(), "scenario": "individual|batch",
	}}
	if slowest := r.slowest(); len(slowest) > 0 {
		v.variables["trace_id"], v.variables["invocation"] = slowest[0].TraceID, strconv.Itoa(slowest[0].Invocation)
	}
	v.from, v.to = r.window()
	v.variables["slow_ms"] = v.value(t, dashboards(t)["dsqlload-slow"], "slow_ms")
	return v
}

// fill puts the variables' values into a query, the longest names first.
func (v *viewer) fill(query string, interval time.Duration) string {
	pairs := []string{
		"$__rate_interval", (4 * interval).String(),
		"$__range", strconv.Itoa(int(v.to.Sub(v.from).Seconds())) + "s",
	}
	for _, name := range []string{"trace_id", "invocation", "scenario", "run_id", "slow_ms"} {
		value, ok := v.variables[name]
		if ok {
			pairs = append(pairs, "$"+name, value, "${"+name+":raw}", value)
		}
	}
	return strings.NewReplacer(pairs...).Replace(query) // tries them in this order
}

// options returns the values of a query variable. Its regular expression finds them in
// Grafana's text of each sample: "{label="value"} value timestamp".
func (v *viewer) options(t *testing.T, d dashboard, name string) (values []string) {
	t.Helper()
	for _, variable := range d.Templating.List {
		if variable.Name != name || variable.Type != "query" {
			continue
		}
		query, _ := variable.Query.(map[string]any)["query"].(string)
		expr := strings.TrimSuffix(strings.TrimPrefix(v.fill(query, time.Second), "query_result("), ")")
		samples, err := v.stack.Prom(t.Context(), expr, v.to)
		if err != nil {
			t.Fatalf("variable %s: %v", name, err)
		}
		pattern := regexp.MustCompile(strings.Trim(variable.Regex, "/"))
		for _, s := range samples {
			if m := pattern.FindStringSubmatch(textOf(s)); m != nil {
				values = append(values, m[1])
			}
		}
	}
	return values
}

func textOf(s stack.Sample) string {
	var labels []string
	for name, value := range s.Labels {
		labels = append(labels, fmt.Sprintf("%s=%q", name, value))
	}
	return fmt.Sprintf("{%s} %s %d", strings.Join(labels, ", "), strconv.FormatFloat(s.Value, 'f', -1, 64), s.Time.UnixMilli())
}

// value returns the first option of a query variable.
func (v *viewer) value(t *testing.T, d dashboard, name string) string {
	t.Helper()
	values := v.options(t, d, name)
	if len(values) == 0 {
		t.Fatalf("variable %s of %s has no value", name, d.UID)
	}
	return values[0]
}
