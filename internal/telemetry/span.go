package telemetry

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"

	"dsql-load-test/internal/secret"
)

// Span is a finished span.
type Span struct {
	Trace      trace.TraceID
	ID, Parent trace.SpanID
	Name       string
	Kind       tracepb.Span_SpanKind
	Start, End time.Time
	Failed     bool
	message    string // of the status, if failed
	Fixed      []byte // attributes encoded beforehand by AppendAttributes
	Attributes []attribute.KeyValue
	Last       []byte            // more attributes encoded beforehand
	Link       trace.SpanContext // optional
}

// Field numbers of OTLP's Span, Span.Link, Status, KeyValue and AnyValue
// (opentelemetry/proto/trace/v1/trace.proto, common/v1/common.proto).
const (
	SpanTraceID    protowire.Number = 1
	spanID         protowire.Number = 2
	spanParent     protowire.Number = 4
	spanName       protowire.Number = 5
	spanKind       protowire.Number = 6
	spanStart      protowire.Number = 7
	spanEnd        protowire.Number = 8
	spanAttributes protowire.Number = 9
	spanLinks      protowire.Number = 13
	spanStatus     protowire.Number = 15
	spanFlags      protowire.Number = 16

	statusMessage protowire.Number = 2
	statusCode    protowire.Number = 3

	KeyValueKey   protowire.Number = 1
	KeyValueValue protowire.Number = 2

	ValueString protowire.Number = 1
	valueBool   protowire.Number = 2
	valueInt    protowire.Number = 3

	scopeSpansSpans protowire.Number = 2
)

// Encoder appends spans to Raw as elements of ScopeSpans.spans. The SDK takes twenty times as
// long for a span (BenchmarkSpan), too long beside an insert of a few dozen microseconds.
type Encoder struct {
	Raw     []byte
	Spans   int64 // in Raw
	scratch []byte
}

// Add encodes s. It hides addresses with passwords in the status message.
func (e *Encoder) Add(s *Span) {
	b := e.scratch[:0]
	b = appendBytes(b, SpanTraceID, s.Trace[:])
	b = appendBytes(b, spanID, s.ID[:])
	if s.Parent.IsValid() {
		b = appendBytes(b, spanParent, s.Parent[:])
	}
	b = appendText(b, spanName, s.Name)
	b = appendVarint(b, spanKind, uint64(s.Kind))
	b = appendTime(b, spanStart, s.Start)
	b = appendTime(b, spanEnd, s.End)
	b = append(b, s.Fixed...)
	b = AppendAttributes(b, s.Attributes)
	b = append(b, s.Last...)
	if s.Link.IsValid() {
		id, link := s.Link.TraceID(), s.Link.SpanID()
		b = protowire.AppendTag(b, spanLinks, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(bytesSize(SpanTraceID, len(id))+bytesSize(spanID, len(link))))
		b = appendBytes(b, SpanTraceID, id[:])
		b = appendBytes(b, spanID, link[:])
	}
	if s.Failed {
		b = appendStatus(b, secret.Hide(s.message))
	}
	b = protowire.AppendTag(b, spanFlags, protowire.Fixed32Type)
	b = protowire.AppendFixed32(b, uint32(trace.FlagsSampled))
	e.scratch = b
	e.Raw = appendBytes(e.Raw, scopeSpansSpans, b)
	e.Spans++
}

func appendStatus(b []byte, message string) []byte {
	size := protowire.SizeTag(statusCode) + 1
	if message != "" {
		size += bytesSize(statusMessage, len(message))
	}
	b = protowire.AppendTag(b, spanStatus, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	if message != "" {
		b = appendText(b, statusMessage, message)
	}
	return appendVarint(b, statusCode, uint64(tracepb.Status_STATUS_CODE_ERROR))
}

// AppendAttributes appends encoded attributes to b: strings, booleans and integers, no other types.
func AppendAttributes(b []byte, kvs []attribute.KeyValue) []byte {
	var value [16]byte
	for _, kv := range kvs {
		v := value[:0]
		text := ""
		size := 0
		switch kv.Value.Type() {
		case attribute.STRING:
			text = kv.Value.AsString()
			size = bytesSize(ValueString, len(text))
		case attribute.BOOL:
			v = appendVarint(v, valueBool, protowire.EncodeBool(kv.Value.AsBool()))
			size = len(v)
		default:
			v = appendVarint(v, valueInt, uint64(kv.Value.AsInt64()))
			size = len(v)
		}
		b = protowire.AppendTag(b, spanAttributes, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(bytesSize(KeyValueKey, len(kv.Key))+bytesSize(KeyValueValue, size)))
		b = appendText(b, KeyValueKey, string(kv.Key))
		b = protowire.AppendTag(b, KeyValueValue, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(size))
		if len(v) > 0 {
			b = append(b, v...)
		} else {
			b = appendText(b, ValueString, text)
		}
	}
	return b
}

func bytesSize(n protowire.Number, length int) int {
	return protowire.SizeTag(n) + protowire.SizeBytes(length)
}

func appendBytes(b []byte, n protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func appendText(b []byte, n protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func appendVarint(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

func appendTime(b []byte, n protowire.Number, t time.Time) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, n, protowire.Fixed64Type), uint64(t.UnixNano()))
}
