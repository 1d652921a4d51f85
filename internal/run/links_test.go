package run

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
)

// The slowest statements are opened in Grafana, else in Jaeger, when they have a
// trace.
func TestLink(t *testing.T) {
	const during = "?from=1763927970000&to=1763928090000&var-run_id=R&var-scenario=batch&var-slow_ms=2.5"
	for _, c := range []struct {
		name, grafana, jaeger string
		links                 *bench.Links
		slowest               []string // of a statement with a trace, and of one without
	}{
		{
			"Grafana and Jaeger", "http://localhost:3000/", "http://localhost:16686", &bench.Links{
				Dashboard: "http://localhost:3000/d/dsqlload-run" + during, SlowStatements: "http://localhost:3000/d/dsqlload-slow" + during,
				TelemetryHealth: "http://localhost:3000/d/dsqlload-telemetry" + during, RunTrace: "http://localhost:3000/d/dsqlload-trace" + during + "&var-trace_id=aa",
			}, []string{"http://localhost:3000/d/dsqlload-trace" + during + "&var-trace_id=bb", ""},
		},
		{"Jaeger alone", "", "http://localhost:16686/", nil, []string{"http://localhost:16686/trace/bb?uiFind=cc", ""}},
		{"with a password", "", "http://me:geheim@localhost:16686/jaeger/", nil, []string{"http://localhost:16686/jaeger/trace/bb?uiFind=cc", ""}},
		{"neither", "", "", nil, []string{"", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &setting.Values{}
			f.GrafanaURL, f.JaegerURL = c.grafana, c.jaeger
			start := time.Unix(1_763_928_000, 0)
			r := &bench.Record{
				Run:       bench.Run{ID: "R", StartedAt: start, EndedAt: start.Add(time.Minute), Config: bench.Config{Scenarios: []bench.Scenario{bench.Batch}, SlowMs: 2.5}},
				Scenario2: &bench.Summary{Slowest: []bench.Statement{{TraceID: "bb", SpanID: "cc"}, {}}},
			}
			link(f, r, "aa")
			if diff := cmp.Diff(c.links, r.Run.Links); diff != "" {
				t.Errorf("links: -want +got\n%s", diff)
			}
			var slowest []string
			for _, s := range r.Scenario2.Slowest {
				slowest = append(slowest, s.TraceURL)
			}
			if diff := cmp.Diff(c.slowest, slowest); diff != "" {
				t.Errorf("slowest: -want +got\n%s", diff)
			}
		})
	}
}

// The link at the start ends at the present, and Grafana reads the data again.
func TestLiveLink(t *testing.T) {
	r := &bench.Run{ID: "R", StartedAt: time.Unix(1_763_928_000, 0), Config: bench.Config{Scenarios: bench.Scenarios(), SlowMs: 100}}
	const want = "http://localhost:3000/d/dsqlload-run?from=1763927970000&refresh=5s&to=now&var-run_id=R&var-slow_ms=100"
	if got := liveLink("http://me:geheim@localhost:3000/", r); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
