package relay

import (
	"errors"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protowire"

	"dsql-load-test/internal/telemetry"
)

var (
	errForm  = errors.New("not an OTLP message of the expected type")
	errCount = errors.New("the number of spans or points isn't the number claimed")
	errOther = errors.New("it belongs to another run or trace")
)

// Field numbers of ResourceSpans and ResourceMetrics, which are the same, of their scopes and
// of Resource (opentelemetry/proto/trace/v1/trace.proto, metrics/v1/metrics.proto,
// resource/v1/resource.proto).
const (
	ofResource         protowire.Number = 1
	ofScopes           protowire.Number = 2
	scopeItems         protowire.Number = 2 // spans or metrics
	schemaURL          protowire.Number = 3 // of resource and scope
	resourceAttributes protowire.Number = 1
)

// fields steps through the fields of an encoded message.
type fields struct {
	rest  []byte
	field protowire.Number
	value []byte // of a length-delimited field; nil for any other
	bad   bool   // the rest isn't an encoded message
}

// next steps to the next field. It returns false at the end, or if bad.
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

// inspectSpans counts the spans of an encoded ResourceSpans message. Unless run is empty, they
// must belong to the run and the trace. It reads only the trace id at the start of each span,
// because the relay handles millions of spans.
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

// begins reports whether an encoded span begins with this trace id. The spans of our function
// always begin with their trace id.
func begins(span []byte, of trace.TraceID) bool {
	const head = 2 // tag and length
	return len(span) >= head+len(of) && span[0] == byte(telemetry.SpanTraceID<<3|protowire.Number(protowire.BytesType)) &&
		span[1] == byte(len(of)) && trace.TraceID(span[head:head+len(of)]) == of
}

// scopes calls do for each span or metric of an encoded ResourceSpans or ResourceMetrics
// message. Unless run is empty, the resource must name the run.
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

// items calls do for each span or metric of a scope.
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

// ofRun reports whether an encoded resource names this run, exactly once, and no other run.
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

// stringOf returns the string in an encoded AnyValue; empty if it holds something else.
func stringOf(value []byte) (s string) {
	f := fields{rest: value}
	for f.next() {
		if s = ""; f.field == telemetry.ValueString {
			s = string(f.value)
		}
	}
	return s
}
