package telemetry

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/bench"
)

const (
	testRun    = "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W"
	testParent = "00-0102030405060708090a0b0c0d0e0f10-a1a2a3a4a5a6a7a8-01"
	testQuery  = "INSERT INTO car_entities_schema.business_events VALUES ($1)"
	testARN    = "arn:aws:lambda:eu-central-1:123456789012:function:dsql-load-test"
)

// testLambda is an environment on AWS, as far as its variables say.
func testLambda(t testing.TB, more ...string) *Lambda {
	t.Helper()
	vars := map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME": "dsql-load-test", "AWS_LAMBDA_FUNCTION_VERSION": "7", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
		"AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023", "AWS_REGION": "eu-central-1",
	}
	for i := 0; i < len(more); i += 2 {
		vars[more[i]] = more[i+1]
	}
	l, err := NewLambda(context.Background(), func(name string) string { return vars[name] }, "env-0001", testDatabase())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// asked is an invocation to be observed.
func asked(detail bench.TraceDetail, change func(*bench.Invocation)) bench.Invocation {
	inv := bench.Invocation{
		Scenario: bench.Individual, Count: 10, Iterations: 10, EventType: bench.CarCreated, Index: 3, RunID: testRun,
		Telemetry: &bench.TelemetryRequest{Mode: bench.TelemetryRelay, Detail: detail, TraceParent: testParent},
	}
	if change != nil {
		change(&inv)
	}
	return inv
}

// onLambda is the context of an invocation on AWS.
func onLambda() context.Context {
	return lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "request-1", InvokedFunctionArn: testARN + ":live"})
}

// epoch is when the tests' statements begin.
var epoch = time.Unix(1_700_000_000, 0)

// step is a phase in milliseconds since its attempt's start.
type step struct {
	phase    bench.Phase
	from, to int
	failed   bool
}

// try is one attempt, in milliseconds since its statement's start. Its steps are
// since its own.
type try struct {
	from, to       int
	kind, sqlstate string
	steps          []step
}

// send plays one statement of one attempt, which took so many milliseconds.
func send(o *Invocation, n, took int, steps []step, change func(*bench.Failure)) Kept {
	f := bench.Failure{Outcome: bench.Acknowledged}
	if change != nil {
		change(&f)
	}
	return sendAgain(o, n, f, try{to: took, kind: f.Kind, sqlstate: f.SQLSTATE, steps: steps})
}

// sendAgain plays one statement of some attempts; ended is how it ended.
func sendAgain(o *Invocation, n int, ended bench.Failure, tries ...try) Kept {
	return o.Statement(played(n, ended, tries...), false)
}

// played is a statement of some attempts; ended is how it ended.
func played(n int, ended bench.Failure, tries ...try) *bench.Execution {
	e := &bench.Execution{Number: n, Failure: ended}
	first := epoch.Add(time.Duration(n) * time.Second)
	after := func(start time.Time, ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for _, a := range tries {
		start := after(first, a.from)
		attempt := bench.Attempt{Start: start, End: after(first, a.to), Failure: bench.Failure{Kind: a.kind, SQLSTATE: a.sqlstate}}
		for _, p := range a.steps {
			attempt.Timings = append(attempt.Timings, bench.Timing{Phase: p.phase, Start: after(start, p.from), End: after(start, p.to), Failed: p.failed})
		}
		e.Attempts = append(e.Attempts, attempt)
	}
	return e
}

// quickly is the n-th statement, which took from start to end in one attempt: it had a
// connection at the time got.
func quickly(n int, ended bench.Failure, start, got, end time.Time) *bench.Execution {
	return &bench.Execution{Number: n, Failure: ended, Attempts: []bench.Attempt{{Start: start, End: end, Failure: ended, Timings: []bench.Timing{
		{Phase: bench.Acquire, Start: start, End: got}, {Phase: bench.Query, Start: got, End: end},
	}}}}
}

// answered is what a reply holds, decoded.
type answered struct {
	resource *tracepb.ResourceSpans // of the first chunk
	spans    []*tracepb.Span
	metrics  *metricpb.ResourceMetrics
}

// read decodes a reply as the driver does; each chunk must hold what it says.
func read(t testing.TB, r *bench.TelemetryReply) (a answered) {
	t.Helper()
	c := packer(t)
	decode := func(packed []byte, to proto.Message) {
		size, err := sizeOf(packed, maxMetrics)
		var data []byte
		if err == nil {
			data, err = c.unpackMetrics(packed, size)
		}
		if err == nil {
			err = proto.Unmarshal(data, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, chunk := range r.Chunks {
		var m tracepb.ResourceSpans
		decode(chunk.Data, &m)
		spans := spansOf(&m)
		if int64(len(spans)) != chunk.Spans {
			t.Errorf("chunk %d holds %d spans and says %d", i, len(spans), chunk.Spans)
		}
		for _, s := range spans {
			if detail := s.Name != statementName && s.Kind != tracepb.Span_SPAN_KIND_SERVER; detail != chunk.Detail {
				t.Fatalf("span %s is in a chunk with detail %v", s.Name, chunk.Detail)
			}
		}
		if a.resource == nil {
			a.resource = &m
		}
		a.spans = append(a.spans, spans...)
	}
	a.metrics = &metricpb.ResourceMetrics{}
	decode(r.Metrics, a.metrics)
	return a
}

// attributesIn are attributes as text.
func attributesIn(kvs []*commonpb.KeyValue) map[string]string {
	out := map[string]string{}
	for _, kv := range kvs {
		switch v := kv.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			out[kv.Key] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			out[kv.Key] = fmt.Sprint(v.IntValue)
		case *commonpb.AnyValue_BoolValue:
			out[kv.Key] = fmt.Sprint(v.BoolValue)
		default:
			out[kv.Key] = fmt.Sprintf("of type %T", v)
		}
	}
	return out
}

// named are the spans of a name.
func named(spans []*tracepb.Span, name string) (out []*tracepb.Span) {
	for _, s := range spans {
		if s.Name == name {
			out = append(out, s)
		}
	}
	return out
}

// counted is the number of values of a histogram, or the sum of a counter, over
// all points that have the label, or any when it is empty.
func counted(m *metricpb.ResourceMetrics, name, label string) (n int64) {
	for _, scope := range m.GetScopeMetrics() {
		for _, metric := range scope.Metrics {
			if metric.Name != name {
				continue
			}
			for _, p := range metric.GetSum().GetDataPoints() {
				if holds(p.Attributes, label) {
					n += p.GetAsInt()
				}
			}
			for _, p := range metric.GetExponentialHistogram().GetDataPoints() {
				if holds(p.Attributes, label) {
					n += int64(p.Count)
				}
			}
		}
	}
	return n
}

func holds(kvs []*commonpb.KeyValue, value string) bool {
	for _, v := range attributesIn(kvs) {
		if v == value {
			return true
		}
	}
	return value == ""
}
