package telemetry

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// Each span has an id of its own, also if a phase occurs twice in an attempt: here the first
// connection fails and the second one doesn't. Each phase is below the one it happened in.
func TestDetailTwice(t *testing.T) {
	t.Parallel()
	s := telemetrytest.Played(1, bench.Failure{Outcome: bench.Acknowledged}, telemetrytest.Try{From: 0, To: 20, Steps: []telemetrytest.Step{
		{Phase: bench.Dial, From: 1, To: 3, Failed: true},
		{Phase: bench.Connect, From: 1, To: 4, Failed: true},
		{Phase: bench.Dial, From: 5, To: 6},
		{Phase: bench.TLS, From: 6, To: 7},
		{Phase: bench.Connect, From: 5, To: 8},
		{Phase: bench.Acquire, From: 0, To: 9},
		{Phase: bench.Query, From: 9, To: 20},
		{Phase: bench.Dial, From: 10, To: 12}, // of a connection that the attempt didn't wait for
	}})
	name, parent := map[trace.SpanID]string{}, map[trace.SpanID]trace.SpanID{}
	var order []trace.SpanID
	d := &Detail{Trace: telemetrytest.TraceID, NewID: NewSpanID, Add: func(s *Span) {
		if name[s.ID] != "" {
			t.Errorf("%s has the id of %s", s.Name, name[s.ID])
		}
		name[s.ID] = fmt.Sprintf("%s %d", s.Name, s.Start.Sub(telemetrytest.Epoch().Add(time.Second)).Milliseconds())
		parent[s.ID] = s.Parent
		order = append(order, s.ID)
	}}
	d.Encode(s, 1, telemetrytest.SpanID)
	name[telemetrytest.SpanID] = "statement"
	var got []string
	for _, id := range order {
		got = append(got, name[id]+" in "+name[parent[id]])
	}
	want := []string{
		"attempt 0 in statement", "dial 1 in connect 1", "connect 1 in acquire 0", "dial 5 in connect 5", "tls 6 in connect 5",
		"connect 5 in acquire 0", "acquire 0 in attempt 0", "query 9 in attempt 0", "dial 10 in connect 5",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
