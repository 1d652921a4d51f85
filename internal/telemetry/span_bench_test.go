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

	"dsql-load-test/internal/telemetry/telemetrytest"
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
		KeyIteration.Int(i), KeyRow.Int(0), KeyAttempts.Int(1), KeyOutcome.String("acknowledged"), KeyColdStart.Bool(false),
	}
}

// BenchmarkSpan is one statement's span from its start to the bytes of OTLP.
func BenchmarkSpan(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		fixed := AppendAttributes(nil, benchFixed())
		var e Encoder
		var attributes []attribute.KeyValue
		var bytes int
		for i := 0; b.Loop(); i++ {
			start := time.Now()
			attributes = append(attributes[:0],
				KeyIteration.Int(i), KeyRow.Int(0), KeyAttempts.Int(1), KeyOutcome.String("acknowledged"), KeyColdStart.Bool(false))
			e.Add(&Span{
				Trace: telemetrytest.TraceID, ID: telemetrytest.SpanID, Parent: telemetrytest.ParentID, Name: StatementName, Kind: tracepb.Span_SPAN_KIND_CLIENT,
				Start: start, End: time.Now(), Fixed: fixed, Attributes: attributes,
			})
			if i%benchBatch == benchBatch-1 {
				framed, err := Frame(nil, nil, "devel", e.Raw)
				if err != nil {
					b.Fatal(err)
				}
				bytes += len(framed)
				e.Raw = e.Raw[:0]
			}
		}
		b.ReportMetric(float64(bytes)/float64(b.N), "B/span")
	})
	b.Run("sdk", func(b *testing.B) {
		b.ReportAllocs()
		out := &marshaler{}
		exporter := otlptrace.NewUnstarted(out)
		provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(&collecting{b: b, exporter: exporter}))
		tracer := provider.Tracer(ScopeName)
		parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: telemetrytest.TraceID, SpanID: telemetrytest.ParentID, TraceFlags: trace.FlagsSampled})
		ctx := trace.ContextWithSpanContext(context.Background(), parent)
		fixed := benchFixed()
		for i := 0; b.Loop(); i++ {
			_, s := tracer.Start(ctx, StatementName, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(fixed...))
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
	var e Encoder
	fixed := AppendAttributes(nil, benchFixed())
	for i := range benchBatch {
		e.Add(&Span{Trace: telemetrytest.TraceID, ID: telemetrytest.SpanID, Parent: telemetrytest.ParentID, Name: StatementName, Start: telemetrytest.Start, End: telemetrytest.Start, Fixed: fixed, Attributes: benchVarying(i)})
	}
	framed, err := Frame(nil, &resourcepb.Resource{Attributes: KeyValues(KeyRunID.String(telemetrytest.RunID))}, "devel", e.Raw)
	if err != nil {
		b.Fatal(err)
	}
	c := packer(b)
	packed := c.Pack(framed)
	b.Run("unpack", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Unpack(packed, len(framed)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
