package e2e_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
)

const statement = "INSERT business_events"

// span is one of a trace in Tempo.
type span struct {
	*tracepb.Span
	resource   map[string]string
	attributes map[string]string
}

func (s span) id() string { return hex.EncodeToString(s.SpanId) }

func (s span) took() time.Duration {
	return time.Duration(s.EndTimeUnixNano - s.StartTimeUnixNano)
}

func values(kvs []*commonpb.KeyValue) map[string]string {
	all := map[string]string{}
	for _, kv := range kvs {
		switch v := kv.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			all[kv.Key] = v.StringValue
		case *commonpb.AnyValue_BoolValue:
			all[kv.Key] = fmt.Sprint(v.BoolValue)
		case *commonpb.AnyValue_IntValue:
			all[kv.Key] = fmt.Sprint(v.IntValue)
		default:
			all[kv.Key] = fmt.Sprint(v)
		}
	}
	return all
}

// spansOf are all in a trace.
func spansOf(trace *tracepb.TracesData) (all []span) {
	for _, r := range trace.ResourceSpans {
		resource := values(r.GetResource().GetAttributes())
		for _, scope := range r.ScopeSpans {
			for _, s := range scope.Spans {
				all = append(all, span{s, resource, values(s.Attributes)})
			}
		}
	}
	return all
}

// trace opens a trace.
func (l *lab) trace(t *testing.T, id string) []span {
	t.Helper()
	trace, err := l.stack.Trace(t.Context(), padded(id))
	if err != nil {
		t.Fatal(err)
	}
	return spansOf(trace)
}

// padded is a trace id with the leading zeros that Tempo's search leaves out.
func padded(id string) string { return strings.Repeat("0", 32-len(id)) + id }

// find is the span of that id in a trace.
func find(spans []span, id string) (span, error) {
	for _, s := range spans {
		if s.id() == id {
			return s, nil
		}
	}
	return span{}, fmt.Errorf("no span %s among %d", id, len(spans))
}

// children are those below the span of that id.
func children(spans []span, id string) (below []span) {
	for _, s := range spans {
		if hex.EncodeToString(s.ParentSpanId) == id {
			below = append(below, s)
		}
	}
	return below
}

// awaitSpans waits until Tempo counts as many spans of the run as the driver
// says it took over.
func (l *lab) awaitSpans(t *testing.T, r *run) {
	t.Helper()
	from, to := r.window()
	want := stored(r.record.Telemetry)
	eventually(t, func() error {
		counts, err := l.stack.TraceMetrics(t.Context(), fmt.Sprintf(`{ resource.dsqlload.run.id = %q } | count_over_time()`, r.id()), from, to)
		if err != nil || len(counts) != 1 {
			return fmt.Errorf("spans in Tempo: %v, %v; want %d", counts, err, want)
		}
		return is("spans in Tempo", int64(counts[0].Value), want)
	})
}

// stored is how many spans the collector took, from driver and functions.
func stored(t *bench.Telemetry) int64 {
	return t.Spans.Driver.Passed + t.Spans.Lambda.Passed - t.Spans.Driver.Received
}

// traces are all that Tempo has of the run, the run's own among them.
func (l *lab) traces(t *testing.T, r *run) (all []span) {
	t.Helper()
	l.awaitSpans(t, r)
	from, to := r.window()
	ids := map[string]bool{}
	for _, query := range []string{`kind = client && name =~ "invoke .*"`, `name = "run"`} {
		matches, err := l.stack.Search(t.Context(), fmt.Sprintf(`{ resource.dsqlload.run.id = %q && %s }`, r.id(), query), from, to, 10_000)
		if err != nil || len(matches) == 0 {
			t.Fatalf("traces with %s: %v, %v", query, matches, err)
		}
		for _, m := range matches {
			ids[m.TraceID] = true
		}
	}
	for id := range ids {
		all = append(all, l.trace(t, id)...)
	}
	if err := is("spans in the run's traces", int64(len(all)), stored(r.record.Telemetry)); err != nil {
		t.Error(err)
	}
	return all
}

// near allows for the rounding of times to microseconds.
func near(a, b time.Duration) bool { return (a - b).Abs() <= time.Microsecond }
