package capture

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// Every span, point, exemplar and count of an invocation whose statements differ in outcome,
// attempts, phases, latency and detail.
func TestReply(t *testing.T) {
	const golden = "testdata/reply.txt"
	l := testLambda(t)
	now := telemetrytest.Epoch()
	l.now = func() time.Time { return now }
	inv := telemetrytest.Asked(bench.DetailAuto, func(inv *bench.Invocation) {
		inv.Telemetry.SlowUs, inv.Telemetry.SampleEvery = 100_000, 7
	})
	o := l.Begin(telemetrytest.OnLambda(), inv, true, telemetrytest.Query)
	o.nextID, o.handler = 1<<32, [8]byte{1}
	o.group.parent = o.handler
	l.Opened(9 * time.Millisecond)
	for n, s := range played() {
		s.Number = n
		o.Statement(s, n%2 == 0)
	}
	now = now.Add(9 * time.Second)
	got := replyText(t, o.End(true))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Error(diff)
	}
}

// played returns statements, four of which begin in each second.
func played() (all []*bench.Execution) {
	ok := bench.Failure{Outcome: bench.Acknowledged}
	query := []telemetrytest.Step{{Phase: bench.Query, From: 0, To: 2}}
	refused := telemetrytest.Try{To: 4, Kind: "40001", SQLSTATE: "40001", Steps: []telemetrytest.Step{{Phase: bench.Query, From: 0, To: 4, Failed: true}}}
	for _, s := range []struct {
		ended bench.Failure
		tries []telemetrytest.Try
	}{
		{ok, []telemetrytest.Try{{To: 20, Steps: telemetrytest.Connecting()}}},
		{ok, []telemetrytest.Try{{To: 3, Steps: []telemetrytest.Step{{Phase: bench.Acquire, From: 0, To: 1}, {Phase: bench.Query, From: 1, To: 3}}}}},
		{ok, []telemetrytest.Try{refused, {From: 10, To: 30, Steps: query}}},
		{bench.Failure{Kind: "40001", SQLSTATE: "40001", Outcome: bench.Failed}, []telemetrytest.Try{refused, {From: 980, To: 1010, Kind: "40001", SQLSTATE: "40001"}}},
		{bench.Failure{Kind: "connection_lost", Outcome: bench.Unknown}, []telemetrytest.Try{{To: 7, Kind: "connection_lost"}}},
		{ok, []telemetrytest.Try{{To: 150, Steps: query}}},
	} {
		all = append(all, telemetrytest.Played(len(all)/4, s.ended, s.tries...))
	}
	for range 14 {
		all = append(all, telemetrytest.Played(len(all)/4, ok, telemetrytest.Try{To: 2 + len(all)%5, Steps: query}))
	}
	return all
}

// replyText returns a reply with a line for each span and, sorted, for each point.
func replyText(t *testing.T, r *bench.TelemetryReply) string {
	t.Helper()
	line := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var lines, points []string
	decoded := telemetrytest.Read(t, r)
	for _, c := range r.Chunks {
		lines = append(lines, fmt.Sprintf("chunk of %d spans, %d rows, detail %v", c.Spans, c.Rows, c.Detail))
	}
	for _, s := range decoded.Spans {
		lines = append(lines, s.Name+" "+line(s))
	}
	for _, m := range decoded.Metrics.ScopeMetrics[0].Metrics {
		for _, p := range m.GetSum().GetDataPoints() {
			points = append(points, m.Name+" "+line(p))
		}
		for _, p := range m.GetExponentialHistogram().GetDataPoints() {
			points = append(points, m.Name+" "+line(p))
		}
	}
	slices.Sort(points)
	rest := *r
	rest.Chunks, rest.Metrics = nil, nil
	return strings.Join(slices.Concat(lines, points, []string{line(decoded.Resource.Resource), line(rest)}), "\n") + "\n"
}
