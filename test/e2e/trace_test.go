package e2e_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/test/stack"
)

const statement = "INSERT business_events"

// span is a span of a trace in Jaeger.
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

// spansOf returns all spans in a trace.
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
	trace, err := l.stack.Trace(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return spansOf(trace)
}

// find returns the span with an id in a trace.
func find(spans []span, id string) (span, error) {
	for _, s := range spans {
		if s.id() == id {
			return s, nil
		}
	}
	return span{}, fmt.Errorf("no span %s among %d", id, len(spans))
}

// children returns the spans below the span with an id.
func children(spans []span, id string) (below []span) {
	for _, s := range spans {
		if hex.EncodeToString(s.ParentSpanId) == id {
			below = append(below, s)
		}
	}
	return below
}

// awaitSpans waits until the collector counts the number of the run's spans that the driver
// and the functions sent successfully.
func (l *lab) awaitSpans(t *testing.T, r *run) {
	t.Helper()
	want := taken(r.record.Telemetry)
	query := fmt.Sprintf(`sum(last_over_time(dsqlload_collector_spans_total{dsqlload_run_id=%q}[1h]))`, r.id())
	eventually.Nil(t, func() error {
		counts, err := l.stack.Prom(t.Context(), query, time.Now())
		if err != nil || len(counts) != 1 {
			return fmt.Errorf("spans that the collector counts: %v, %v; want %d", counts, err, want)
		}
		return is("spans that the collector counts", int64(counts[0].Value), want)
	})
}

// taken returns the number of spans that the collector accepted from driver and functions.
func taken(t *bench.Telemetry) int64 {
	return t.Spans.Driver.Passed + t.Spans.Lambda.Passed - t.Spans.Driver.Received
}

// traces returns all traces that Jaeger has of the run, including the trace of the run itself.
func (l *lab) traces(t *testing.T, r *run) (all []span) {
	t.Helper()
	l.awaitSpans(t, r)
	eventually.Nil(t, func() error {
		all = nil
		ids, err := l.traceIDs(t, r)
		for _, id := range ids {
			all = append(all, l.trace(t, id)...)
		}
		return errors.Join(err, is("spans in the run's traces", int64(len(all)), taken(r.record.Telemetry)))
	})
	return all
}

// traceIDs returns the ids of all traces that Jaeger has of the run: those that begin at the
// driver, and those with further statements of an invocation.
func (l *lab) traceIDs(t *testing.T, r *run) ([]string, error) {
	t.Helper()
	from, to := r.window()
	ids := map[string]bool{}
	for _, service := range []string{"dsql-load-test-driver", "dsql-load-test-lambda"} {
		found, err := l.stack.Find(t.Context(), stack.Search{
			Service: service, Tags: map[string]string{"dsqlload.run.id": r.id()}, Start: from, End: to, Limit: 1000,
		})
		if err != nil {
			return nil, err
		}
		for _, trace := range found {
			ids[trace.TraceID] = true
		}
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// near allows for the rounding of times to microseconds.
func near(a, b time.Duration) bool { return (a - b).Abs() <= time.Microsecond }
