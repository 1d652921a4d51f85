package e2e_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// place is the place of an attribute: a resource, a span or a metric.
type place struct{ kind, name string }

// emitted is the telemetry that the runs emitted.
type emitted struct {
	spans      map[string]map[string]bool // "KIND by service", by span name
	metrics    map[string]map[string]bool // services, by name in Prometheus
	attributes map[string]map[place]bool
}

func (e *emitted) add(all map[string]map[string]bool, name, what string) {
	if all[name] == nil {
		all[name] = map[string]bool{}
	}
	all[name][what] = true
}

func (e *emitted) attribute(name string, at place) {
	if e.attributes[name] == nil {
		e.attributes[name] = map[place]bool{}
	}
	e.attributes[name][at] = true
}

// testContract compares docs/telemetry.md with what all of the runs emitted, in
// both directions.
func (l *lab) testContract(t *testing.T) {
	d := readDocument(t)
	e := &emitted{map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]map[place]bool{}}
	for _, r := range []*run{l.usual(t), l.confidential(t), l.troubled(t), l.broken(t)} {
		for _, s := range l.traces(t, r) {
			e.addSpan(s)
		}
		for _, labels := range l.series(t, r) {
			e.addSeries(labels, d)
		}
	}
	for _, labels := range l.series(t, l.killed(t)) { // its last moments had time to be seen
		e.addSeries(labels, d)
	}
	for _, labels := range l.series(t, l.large(t, droppedRun())) { // what was dropped, and why
		e.addSeries(labels, d)
	}
	checkSpans(t, d, e)
	checkMetrics(t, d, e)
	checkAttributes(t, d, e)
}

func (e *emitted) addSpan(s span) {
	name := strings.ReplaceAll(s.Name, "dsql-load-test-lambda", "{function}")
	kind := strings.TrimPrefix(tracepb.Span_SpanKind_name[int32(s.Kind)], "SPAN_KIND_")
	e.add(e.spans, name, kind+" by "+s.resource["service.name"])
	for key := range s.attributes {
		if !strings.HasPrefix(key, "@jaeger@") { // Jaeger's own notes
			e.attribute(key, place{"span", name})
		}
	}
	for key := range s.resource {
		e.attribute(key, place{"resource", ""})
	}
}

// addSeries adds the labels of a series. The attributes in the document say where a label's
// name had dots; attributes that only a resource has were promoted from it.
func (e *emitted) addSeries(labels map[string]string, d document) {
	metric := labels["__name__"]
	if metric == "target_info" {
		return // Prometheus' own, of the resource
	}
	job := labels["job"]
	if strings.HasPrefix(metric, "dsqlload_collector_") {
		job = "dsql-load-test-collector" // it names no service
	}
	e.add(e.metrics, metric, job)
	for label := range labels {
		if label == "__name__" || label == "job" || label == "instance" {
			continue
		}
		name, at := label, place{"metric", metric}
		for attribute, on := range d.attributes {
			if strings.ReplaceAll(attribute, ".", "_") == label {
				name = attribute
				if slices.Equal(on, []string{"resource"}) {
					at = place{"resource", ""}
				}
			}
		}
		e.attribute(name, at)
	}
}

func (l *lab) series(t *testing.T, r *run) []map[string]string {
	t.Helper()
	from, to := r.window()
	body, err := get(t, l.stack.PrometheusURL+"/api/v1/series", url.Values{
		"match[]": {`{dsqlload_run_id="` + r.id() + `"}`}, "start": {strconv.FormatInt(from.Unix(), 10)}, "end": {strconv.FormatInt(to.Unix(), 10)},
	})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Data []map[string]string }
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Data) == 0 {
		t.Fatalf("series: %v, %v", answer, err)
	}
	return answer.Data
}

func checkSpans(t *testing.T, d document, e *emitted) {
	t.Helper()
	for name, kinds := range e.spans {
		for kind := range kinds {
			if kind != d.spans[name] {
				t.Errorf("span %q is %s; the document says %q", name, kind, d.spans[name])
			}
		}
	}
	for name := range d.spans {
		if len(e.spans[name]) == 0 && notEmitted()[name] == "" {
			t.Errorf("span %q is in the document and never emitted", name)
		}
	}
}

func checkMetrics(t *testing.T, d document, e *emitted) {
	t.Helper()
	for name, jobs := range e.metrics {
		if got, want := slices.Sorted(maps.Keys(jobs)), d.metrics[name]; !slices.Equal(got, want) {
			t.Errorf("metric %q is from %v; the document says %v", name, got, want)
		}
	}
	for name := range d.metrics {
		if len(e.metrics[name]) == 0 && notEmitted()[name] == "" {
			t.Errorf("metric %q is in the document and never emitted", name)
		}
	}
}

func checkAttributes(t *testing.T, d document, e *emitted) {
	t.Helper()
	for name, places := range e.attributes {
		for at := range places {
			if !slices.ContainsFunc(d.attributes[name], func(on string) bool { return d.covers(on, at) }) {
				t.Errorf("attribute %q is on %s %q; the document says %q", name, at.kind, at.name, d.attributes[name])
			}
		}
	}
	for name, all := range d.attributes {
		for _, on := range all {
			seen := false
			for at := range e.attributes[name] {
				seen = seen || d.covers(on, at)
			}
			if !seen && notEmitted()[name] == "" {
				t.Errorf("attribute %q on %s is in the document and never emitted", name, on)
			}
		}
	}
}
