package grafana_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// where returns the name of a query for messages.
func where(d dashboard, p panel, q target) string { return d.file + ": " + p.Title + " " + q.RefID }

// each calls f with every query of every panel.
func each(t *testing.T, f func(at string, d dashboard, p panel, q target)) {
	t.Helper()
	for _, d := range read(t) {
		for _, p := range d.charts() {
			if len(p.Targets) == 0 {
				t.Errorf("%s: %q asks for nothing", d.file, p.Title)
			}
			for _, q := range p.Targets {
				f(where(d, p, q), d, p, q)
			}
		}
	}
}

func TestTargets(t *testing.T) {
	each(t, func(at string, _ dashboard, p panel, q target) {
		if q.Datasource != p.Datasource {
			t.Errorf("%s: source %v, its panel's is %v", at, q.Datasource, p.Datasource)
		}
		switch q.Datasource {
		case source{"prometheus", "prometheus"}:
			if q.Expr == "" || q.EditorMode != "code" || q.LegendFormat == "" || q.Range == q.Instant {
				t.Errorf("%s: want an expression in code mode, with a legend, either range or instant", at)
			}
			if scraped := regexp.MustCompile(`(otelcol|prometheus)_`).MatchString(q.Expr); scraped && (q.Interval != "5s" || p.Interval != "5s") {
				t.Errorf("%s: what is scraped every 5 s needs that as interval", at)
			}
		case source{"jaeger", "jaeger"}:
			if len(p.Targets) != 1 {
				t.Errorf("%s: %d targets: Grafana asks Jaeger for the first one only", at, len(p.Targets))
			}
			search := q.QueryType == "search"
			if search && (q.Service == "" || q.Query != "" || q.Limit < 1 || q.Limit > 200 || !strings.Contains(q.Tags, "dsqlload.run.id=$run_id")) {
				t.Errorf("%s: want a search of the run's traces in a service, with a limit: %+v", at, q)
			}
			if !search && (q.QueryType != "" || q.Query != "$trace_id") {
				t.Errorf("%s: want a search, or the trace by its id: %+v", at, q)
			}
		default:
			t.Errorf("%s: source %v", at, q.Datasource)
		}
	})
}

// windows finds the ranges in a query. A literal range is correct for one zoom level only.
var windows = regexp.MustCompile(`\[([^\]]*)\]`)

func TestPromQLWindows(t *testing.T) {
	each(t, func(at string, d dashboard, _ panel, q target) {
		// Totals of a run are found whatever the time range is; the list of runs is that of the range.
		allowed := map[string]bool{"$__rate_interval": true, alive: true, everything: d.UID != "dsqlload-runs", "$__range": d.UID == "dsqlload-runs"}
		if q.Expr == "" {
			return
		}
		found := windows.FindAllStringSubmatch(unquoted(q.Expr), -1)
		if len(found) == 0 {
			t.Errorf("%s: an instant selector, which is empty 5 minutes after the run: %s", at, q.Expr)
		}
		for _, w := range found {
			if !allowed[w[1]] {
				t.Errorf("%s: window %s", at, w[0])
			}
			if q.Instant && strings.Contains(w[1], "__rate_interval") {
				t.Errorf("%s: %s at an instant is right only while the run lasts", at, w[0])
			}
		}
	})
}

// words returns the words of PromQL that the dashboards use.
const words = `
	sum count min max by on or and offset anchored scalar vector round clamp_min floor inf sort_desc query_result
	topk rate last_over_time max_over_time present_over_time label_replace
	unless time bool sort group_left
	histogram_quantile histogram_fraction histogram_count histogram_sum histogram_avg`

var (
	quoted      = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	placeholder = regexp.MustCompile(`\$\{?\w+\}?`)
	// identifiers includes numbers and durations, which begin with a digit.
	identifiers = regexp.MustCompile(`[A-Za-z0-9_]+`)
)

func unquoted(expr string) string { return quoted.ReplaceAllString(expr, `""`) }

func TestPromQLNames(t *testing.T) {
	c := readContract(t)
	labels := c.labels()
	stack := regexp.MustCompile(`^(otelcol_|prometheus_)|^(up|job|exporter|__name__)$`)
	check := func(at, expr string) {
		bare := placeholder.ReplaceAllString(unquoted(expr), "")
		for _, name := range identifiers.FindAllString(bare, -1) {
			switch {
			case name[0] >= '0' && name[0] <= '9':
			case slices.Contains(strings.Fields(words), strings.ToLower(name)):
			case c.metrics[name] != "", labels[name], stack.MatchString(name):
			default:
				t.Errorf("%s: %s is neither in docs/telemetry.md nor of the stack", at, name)
			}
		}
	}
	each(t, func(at string, _ dashboard, _ panel, q target) { check(at, q.Expr) })
	for _, d := range read(t) {
		for _, a := range d.Annotations.List {
			check(d.file+": annotation", a.Expr)
		}
		for _, v := range d.Templating.List {
			if q, ok := v.Query.(map[string]any); ok && v.Type == "query" {
				check(d.file+": "+v.Name, q["query"].(string))
			}
		}
	}
}

func TestPromQLFunctionsFitTheMetric(t *testing.T) {
	c := readContract(t)
	counter := regexp.MustCompile(`(\w*)\(?\b(\w+_total)\b`)
	aggregated := map[string]bool{"rate": true, "increase": true, "last_over_time": true, "sum": true}
	each(t, func(at string, _ dashboard, _ panel, q target) {
		bare := unquoted(q.Expr)
		for _, m := range counter.FindAllStringSubmatch(bare, -1) {
			if !aggregated[m[1]] {
				t.Errorf("%s: counter %s within %q", at, m[2], m[1])
			}
		}
		for _, name := range identifiers.FindAllString(bare, -1) {
			if c.metrics[name] == "histogram" && q.Format != "heatmap" && !strings.Contains(bare, "histogram_") {
				t.Errorf("%s: histogram %s without a histogram function", at, name)
			}
		}
	})
}

// TestJaegerNames checks that the searches use only documented names.
func TestJaegerNames(t *testing.T) {
	c := readContract(t)
	services := []string{"dsql-load-test-lambda", "dsql-load-test-driver"}
	each(t, func(at string, _ dashboard, _ panel, q target) {
		if q.QueryType != "search" {
			return
		}
		if !slices.Contains(services, q.Service) {
			t.Errorf("%s: service %s isn't in docs/telemetry.md", at, q.Service)
		}
		if q.Operation != "" && !c.spans[q.Operation] {
			t.Errorf("%s: span %s isn't in docs/telemetry.md", at, q.Operation)
		}
		for _, tag := range strings.Fields(q.Tags) {
			if key, _, _ := strings.Cut(tag, "="); !c.attributes[key] {
				t.Errorf("%s: attribute %s isn't in docs/telemetry.md", at, key)
			}
		}
	})
}

// TestNothingExactAsksJaeger checks that tiles and bars use metrics, except those of the open
// trace, because Jaeger can neither count nor sort.
func TestNothingExactAsksJaeger(t *testing.T) {
	each(t, func(at string, d dashboard, p panel, q target) {
		if q.Datasource.Type == "jaeger" && p.Type != "table" && p.Type != "traces" && d.UID != "dsqlload-trace" {
			t.Errorf("%s: a %s asks Jaeger", at, p.Type)
		}
	})
}
