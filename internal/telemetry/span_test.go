package telemetry

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"dsql-load-test/internal/telemetry/telemetrytest"
)

// encoderCase is a span and what it is in OTLP.
type encoderCase struct {
	name string
	span Span
	want *tracepb.Span
}

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

func whole(key string, value int64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: value}}}
}

func truth(key string, value bool) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: value}}}
}

func encoderCases() []encoderCase {
	basic := func(change func(*Span)) Span {
		s := Span{Trace: telemetrytest.TraceID, ID: telemetrytest.SpanID, Name: "query", Kind: tracepb.Span_SPAN_KIND_INTERNAL, Start: telemetrytest.Start, End: telemetrytest.Start.Add(time.Millisecond)}
		change(&s)
		return s
	}
	wanted := func(change func(*tracepb.Span)) *tracepb.Span {
		s := &tracepb.Span{
			TraceId: telemetrytest.TraceID[:], SpanId: telemetrytest.SpanID[:], Name: "query", Kind: tracepb.Span_SPAN_KIND_INTERNAL,
			StartTimeUnixNano: 1_700_000_000_123_456_789, EndTimeUnixNano: 1_700_000_000_124_456_789, Flags: 1,
		}
		change(s)
		return s
	}
	long, veryLong := strings.Repeat("x", 128), strings.Repeat("long text ", 3000)
	link := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{15: 9}, SpanID: trace.SpanID{7: 8}})
	return []encoderCase{
		{"root", basic(func(*Span) {}), wanted(func(*tracepb.Span) {})},
		{"with a parent", basic(func(s *Span) { s.Parent = telemetrytest.ParentID }), wanted(func(s *tracepb.Span) { s.ParentSpanId = telemetrytest.ParentID[:] })},
		{
			"server of another name", basic(func(s *Span) { s.Name, s.Kind = "größer "+long, tracepb.Span_SPAN_KIND_SERVER }),
			wanted(func(s *tracepb.Span) { s.Name, s.Kind = "größer "+long, tracepb.Span_SPAN_KIND_SERVER }),
		},
		{"no time at all", basic(func(s *Span) { s.End = s.Start }), wanted(func(s *tracepb.Span) { s.EndTimeUnixNano = s.StartTimeUnixNano })},
		{
			"linked", basic(func(s *Span) { s.Link = link }),
			wanted(func(s *tracepb.Span) {
				s.Links = []*tracepb.Span_Link{{TraceId: []byte{15: 9}, SpanId: []byte{7: 8}}}
			}),
		},
		{
			"failed", basic(func(s *Span) { s.Failed = true }),
			wanted(func(s *tracepb.Span) { s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR} }),
		},
		{
			"failed with a long message", basic(func(s *Span) { s.Failed, s.message = true, long }),
			wanted(func(s *tracepb.Span) {
				s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: long}
			}),
		},
		{
			"a message without a failure", basic(func(s *Span) { s.message = "unused" }), wanted(func(*tracepb.Span) {}),
		},
		{
			"texts", basic(func(s *Span) {
				s.Attributes = []attribute.KeyValue{
					attribute.String("empty", ""), attribute.String("unicode", "naïve ☃ 🚗"), attribute.String("long", long),
					attribute.String("very long", veryLong), attribute.String(long, "long key"),
				}
			}),
			wanted(func(s *tracepb.Span) {
				s.Attributes = []*commonpb.KeyValue{
					text("empty", ""), text("unicode", "naïve ☃ 🚗"), text("long", long), text("very long", veryLong), text(long, "long key"),
				}
			}),
		},
		{
			"numbers and truths", basic(func(s *Span) {
				s.Attributes = []attribute.KeyValue{
					attribute.Int("zero", 0), attribute.Int("negative", -1), attribute.Int64("least", math.MinInt64), attribute.Int64("most", math.MaxInt64),
					attribute.Int("two bytes", 300), attribute.Bool("yes", true), attribute.Bool("no", false),
				}
			}),
			wanted(func(s *tracepb.Span) {
				s.Attributes = []*commonpb.KeyValue{
					whole("zero", 0), whole("negative", -1), whole("least", math.MinInt64), whole("most", math.MaxInt64),
					whole("two bytes", 300), truth("yes", true), truth("no", false),
				}
			}),
		},
		{
			"attributes made beforehand come first", basic(func(s *Span) {
				s.Fixed = AppendAttributes(nil, []attribute.KeyValue{attribute.String("a", "b"), attribute.Int("c", 1)})
				s.Attributes = []attribute.KeyValue{attribute.Bool("d", true)}
			}),
			wanted(func(s *tracepb.Span) {
				s.Attributes = []*commonpb.KeyValue{text("a", "b"), whole("c", 1), truth("d", true)}
			}),
		},
		{
			"all at once", basic(func(s *Span) {
				s.Parent, s.Link, s.Failed, s.message = telemetrytest.ParentID, link, true, "no"
				s.Attributes = []attribute.KeyValue{attribute.String("error.type", "23505")}
			}),
			wanted(func(s *tracepb.Span) {
				s.ParentSpanId, s.Attributes = telemetrytest.ParentID[:], []*commonpb.KeyValue{text("error.type", "23505")}
				s.Links = []*tracepb.Span_Link{{TraceId: []byte{15: 9}, SpanId: []byte{7: 8}}}
				s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "no"}
			}),
		},
	}
}

// The bytes are those of OTLP: what they decode to has no unknown fields either.
func TestEncoder(t *testing.T) {
	t.Parallel()
	var together Encoder // its buffers are used again and again
	var all []*tracepb.Span
	for _, tc := range encoderCases() {
		t.Run(tc.name, func(t *testing.T) {
			var alone Encoder
			alone.Add(&tc.span)
			var got tracepb.ScopeSpans
			if err := proto.Unmarshal(alone.Raw, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tracepb.ScopeSpans{Spans: []*tracepb.Span{tc.want}}, &got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
		together.Add(&tc.span)
		all = append(all, tc.want)
	}
	var got tracepb.ScopeSpans
	if err := proto.Unmarshal(together.Raw, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&tracepb.ScopeSpans{Spans: all}, &got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// message is all of the cases' spans, framed, and what it must decode to.
func message(t *testing.T) (framed []byte, want *tracepb.ResourceSpans) {
	t.Helper()
	var e Encoder
	var spans []*tracepb.Span
	for _, tc := range encoderCases() {
		e.Add(&tc.span)
		spans = append(spans, tc.want)
	}
	r := &resourcepb.Resource{Attributes: KeyValues(attribute.String("service.name", "here"), attribute.Int("faas.max_memory", 1<<30))}
	framed, err := Frame(nil, r, "v1.2.3", e.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return framed, &tracepb.ResourceSpans{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{text("service.name", "here"), whole("faas.max_memory", 1<<30)}},
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "dsql-load-test", Version: "v1.2.3"}, Spans: spans}},
	}
}

func TestFrame(t *testing.T) {
	t.Parallel()
	framed, want := message(t)
	c := packer(t)
	packed := c.Pack(framed)
	unpacked, err := c.Unpack(packed, len(framed))
	if err != nil || !bytes.Equal(framed, unpacked) {
		t.Fatalf("%d bytes became %d, error %v", len(framed), len(unpacked), err)
	}
	var got tracepb.ResourceSpans
	if err := proto.Unmarshal(unpacked, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	c := packer(t)
	packed := c.Pack(bytes.Repeat([]byte("abc"), 1000))
	var streamed bytes.Buffer
	w, err := zstd.NewWriter(&streamed)
	if err == nil {
		_, err = w.Write(make([]byte, 1<<20))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		data []byte
		size int // told; 0 when it isn't
	}{
		{"nothing", nil, 0},
		{"no zstd", []byte("not packed"), 0},
		{"cut off", packed[:12], 3000},
		{"more than may be", c.Pack(make([]byte, MaxChunk+1)), 0},
		{"of a size that isn't told", streamed.Bytes(), 0},
		{"a second one follows", slices.Concat(packed, packed), 3000},
		{"a large one follows", slices.Concat(packed, c.Pack(make([]byte, MaxChunk))), 3000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			size, err := SizeOf(tc.data, MaxChunk)
			if size != tc.size || (err == nil) != (size > 0) {
				t.Fatalf("size %d, error %v, want %d", size, err, tc.size)
			}
			if got, unpacking := c.Unpack(tc.data, size); err == nil && unpacking == nil {
				t.Errorf("no error, %d bytes", len(got))
			}
		})
	}
}

// Metrics may be larger than a chunk of spans.
func TestUnpackMetrics(t *testing.T) {
	t.Parallel()
	c := packer(t)
	for n, fits := range map[int]bool{1: true, MaxChunk + 1: true, MaxMetrics: true, MaxMetrics + 1: false} {
		packed := c.Pack(make([]byte, n))
		size, err := SizeOf(packed, MaxMetrics)
		if (err == nil) != fits || fits && size != n {
			t.Errorf("%d bytes: size %d, error %v", n, size, err)
			continue
		}
		if got, err := c.Unpack(packed, n); fits && (err != nil || len(got) != n) || !fits && err == nil {
			t.Errorf("%d bytes became %d, error %v", n, len(got), err)
		}
	}
}

// What travels as unknown fields of an empty message arrives as if it had been
// encoded as usual.
func TestSendSpans(t *testing.T) {
	t.Parallel()
	framed, want := message(t)
	b := telemetrytest.NewBackend(t, nil)
	a, err := exporterTo(t, b.Address).SendSpans(context.Background(), [][]byte{framed, framed})
	if err != nil || !a.done || a.rejected != 0 {
		t.Fatalf("answer %+v, error %v", a, err)
	}
	if diff := cmp.Diff([]*tracepb.ResourceSpans{want, want}, b.Spans, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}
