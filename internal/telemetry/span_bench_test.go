package telemetry

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	benchQuery = "INSERT INTO car_entities_schema.business_events (id, event_name, event_type, created_date, saved_date, event_data) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING"
	benchBatch = 512 // spans in one message; the SDK's default
)

func benchFixed() []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("db.system.name", "postgresql"), attribute.String("db.namespace", "postgres|car_entities_schema"),
		attribute.String("db.operation.name", "INSERT"), attribute.String("db.collection.name", "business_events"),
		attribute.String("server.address", "127.0.0.1"), attribute.Int("server.port", 5432),
		attribute.String("dsqlload.scenario", "individual"), attribute.String("db.query.text", benchQuery), attribute.Int("dsqlload.rows", 1),
	}
}

func benchVarying(i int) []attribute.KeyValue {
	return []attribute.KeyValue{
		keyIteration.Int(i), keyRow.Int(0), keyAttempts.Int(1), keyOutcome.String("acknowledged"), keyColdStart.Bool(false),
	}
}

// BenchmarkSpan is one statement's span from its start to the bytes of OTLP.
func BenchmarkSpan(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		fixed := appendAttributes(nil, benchFixed())
		var e encoder
		var attributes []attribute.KeyValue
		var bytes int
		for i := 0; b.Loop(); i++ {
			start := time.Now()
			attributes = append(attributes[:0],
				keyIteration.Int(i), keyRow.Int(0), keyAttempts.Int(1), keyOutcome.String("acknowledged"), keyColdStart.Bool(false))
			e.add(&span{
				trace: testTrace, id: testID, parent: testFrom, name: statementName, kind: tracepb.Span_SPAN_KIND_CLIENT,
				start: start, end: time.Now(), fixed: fixed, attributes: attributes,
			})
			if i%benchBatch == benchBatch-1 {
				framed, err := frame(nil, nil, "devel", e.raw)
				if err != nil {
					b.Fatal(err)
				}
				bytes += len(framed)
				e.raw = e.raw[:0]
			}
		}
		b.ReportMetric(float64(bytes)/float64(b.N), "B/span")
	})
	b.Run("sdk", func(b *testing.B) {
		b.ReportAllocs()
		out := &marshaler{}
		exporter := otlptrace.NewUnstarted(out)
		provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(&collecting{b: b, exporter: exporter}))
		tracer := provider.Tracer(scopeName)
		parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: testTrace, SpanID: testFrom, TraceFlags: trace.FlagsSampled})
		ctx := trace.ContextWithSpanContext(context.Background(), parent)
		fixed := benchFixed()
		for i := 0; b.Loop(); i++ {
			_, s := tracer.Start(ctx, statementName, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(fixed...))
			s.SetAttributes(benchVarying(i)...)
			s.End()
		}
		b.ReportMetric(float64(out.bytes)/float64(b.N), "B/span")
	})
}

// collecting hands spans on in batches.
type collecting struct {
	b        *testing.B
	exporter *otlptrace.Exporter
	spans    []sdktrace.ReadOnlySpan
}

func (c *collecting) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (c *collecting) Shutdown(context.Context) error                  { return nil }
func (c *collecting) ForceFlush(context.Context) error                { return nil }

func (c *collecting) OnEnd(s sdktrace.ReadOnlySpan) {
	c.spans = append(c.spans, s)
	if len(c.spans) < benchBatch {
		return
	}
	if err := c.exporter.ExportSpans(context.Background(), c.spans); err != nil {
		c.b.Fatal(err)
	}
	c.spans = c.spans[:0]
}

// marshaler is an OTLP client that encodes and sends nothing.
type marshaler struct{ bytes int }

func (*marshaler) Start(context.Context) error { return nil }
func (*marshaler) Stop(context.Context) error  { return nil }

func (m *marshaler) UploadTraces(_ context.Context, spans []*tracepb.ResourceSpans) error {
	data, err := proto.Marshal(&coltracepb.ExportTraceServiceRequest{ResourceSpans: spans})
	m.bytes += len(data)
	return err
}

// BenchmarkUnpack is what the relay does with a chunk before it sends it on.
func BenchmarkUnpack(b *testing.B) {
	var e encoder
	fixed := appendAttributes(nil, benchFixed())
	for i := range benchBatch {
		e.add(&span{trace: testTrace, id: testID, parent: testFrom, name: statementName, start: testStart, end: testStart, fixed: fixed, attributes: benchVarying(i)})
	}
	framed, err := frame(nil, &resourcepb.Resource{Attributes: keyValues(keyRunID.String(testRun))}, "devel", e.raw)
	if err != nil {
		b.Fatal(err)
	}
	c := packer(b)
	packed := c.pack(framed)
	b.Run("unpack", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.unpackChunk(packed, len(framed)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
