package relay

import (
	"errors"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protowire"

	"dsql-load-test/internal/telemetry"
)

var (
	errForm  = errors.New("it isn't the message that it should be")
	errCount = errors.New("it holds another number than it says")
	errOther = errors.New("it is of another run or trace")
)

// Field numbers of ResourceSpans, ResourceMetrics, their scopes and Resource, which
// are alike (opentelemetry/proto/trace/v1/trace.proto, metrics/v1/metrics.proto,
// resource/v1/resource.proto).
const (
	ofResource         protowire.Number = 1
	ofScopes           protowire.Number = 2
	scopeItems         protowire.Number = 2 // spans or metrics
	schemaURL          protowire.Number = 3 // of both
	resourceAttributes protowire.Number = 1
)

// fields are the fields of an encoded message, one after the other.
type fields struct {
	rest  []byte
	field protowire.Number
	value []byte // of a length-delimited field; nil for any other
	bad   bool   // it isn't an encoded message
}

// next steps to the next field; false at the end.
func (f *fields) next() bool {
	if len(f.rest) == 0 {
		return false
	}
	field, kind, n := protowire.ConsumeTag(f.rest)
	if n < 0 {
		f.bad = true
		return false
	}
	f.field, f.rest, f.value = field, f.rest[n:], nil
	if kind == protowire.BytesType {
		f.value, n = protowire.ConsumeBytes(f.rest)
	} else {
		n = protowire.ConsumeFieldValue(field, kind, f.rest)
	}
	if n < 0 {
		f.bad = true
		return false
	}
	f.rest = f.rest[n:]
	return true
}

// inspectSpans counts the spans of an encoded ResourceSpans message, which must be of
// the run and the trace unless run is empty. It looks at where a span begins and at
// the trace that it names first, no further: the relay handles a million of them.
func inspectSpans(message []byte, run string, of trace.TraceID) (spans int64, err error) {
	err = scopes(message, run, func(span []byte) error {
		spans++
		if run != "" && !begins(span, of) {
			return errOther
		}
		return nil
	})
	return spans, err
}

// begins reports whether an encoded span begins with its trace id, as ours do, and
// with this one.
func begins(span []byte, of trace.TraceID) bool {
	const head = 2 // tag and length
	return len(span) >= head+len(of) && span[0] == byte(telemetry.SpanTraceID<<3|protowire.Number(protowire.BytesType)) &&
		span[1] == byte(len(of)) && trace.TraceID(span[head:head+len(of)]) == of
}

// scopes calls do with each span or metric of an encoded message of a resource, which
// must be that of the run unless run is empty.
func scopes(message []byte, run string, do func(item []byte) error) error {
	resources := 0
	all := fields{rest: message}
	for all.next() {
		switch all.field {
		case ofResource:
			if resources++; run != "" && !ofRun(all.value, run) {
				return errOther
			}
		case ofScopes:
			if err := items(all.value, do); err != nil {
				return err
			}
		case schemaURL:
		default:
			return errForm
		}
	}
	if all.bad || resources > 1 {
		return errForm
	}
	if run != "" && resources == 0 {
		return errOther
	}
	return nil
}

// items calls do with each span or metric of a scope.
func items(scope []byte, do func(item []byte) error) error {
	f := fields{rest: scope}
	for f.next() {
		if f.field != scopeItems {
			continue
		}
		if err := do(f.value); err != nil {
			return err
		}
	}
	if f.bad {
		return errForm
	}
	return nil
}

// ofRun reports whether an encoded resource names the run, and no other one.
func ofRun(resource []byte, run string) bool {
	named := 0
	f := fields{rest: resource}
	for f.next() {
		if f.field != resourceAttributes {
			continue
		}
		var key, value string
		kv := fields{rest: f.value}
		for kv.next() {
			switch kv.field {
			case telemetry.KeyValueKey:
				key = string(kv.value)
			case telemetry.KeyValueValue:
				value = stringOf(kv.value)
			}
		}
		if key != string(telemetry.KeyRunID) {
			continue
		}
		if named++; value != run {
			return false
		}
	}
	return named == 1 && !f.bad
}

// stringOf is the string of an encoded AnyValue; empty when it holds something else.
func stringOf(value []byte) (s string) {
	f := fields{rest: value}
	for f.next() {
		if s = ""; f.field == telemetry.ValueString {
			s = string(f.value)
		}
	}
	return s
}
