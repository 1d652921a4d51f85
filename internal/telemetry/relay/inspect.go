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

// walk calls do for each field of an encoded message, until do returns an error. value is the
// content of a length-delimited field, nil for any other.
func walk(message []byte, do func(field protowire.Number, value []byte) error) error {
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errForm
		}
		message = message[n:]
		var value []byte
		if kind == protowire.BytesType {
			value, n = protowire.ConsumeBytes(message)
		} else {
			n = protowire.ConsumeFieldValue(field, kind, message)
		}
		if n < 0 {
			return errForm
		}
		message = message[n:]
		if err := do(field, value); err != nil {
			return err
		}
	}
	return nil
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
	err := walk(message, func(field protowire.Number, value []byte) error {
		switch field {
		case ofResource:
			if resources++; run != "" && !ofRun(value, run) {
				return errOther
			}
		case ofScopes:
			return walk(value, func(field protowire.Number, item []byte) error {
				if field != scopeItems {
					return nil
				}
				return do(item)
			})
		case schemaURL:
		default:
			return errForm
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case resources > 1:
		return errForm
	case run != "" && resources == 0:
		return errOther
	}
	return nil
}

// ofRun reports whether an encoded resource names this run, exactly once, and no other run.
func ofRun(resource []byte, run string) bool {
	named := 0
	err := walk(resource, func(field protowire.Number, attribute []byte) error {
		if field != resourceAttributes {
			return nil
		}
		if key, value := keyValue(attribute); key == string(telemetry.KeyRunID) {
			if named++; value != run {
				return errOther
			}
		}
		return nil
	})
	return err == nil && named == 1
}

// keyValue returns the parts of an encoded KeyValue, as far as it can be read. value is empty
// unless it is a string.
func keyValue(attribute []byte) (key, value string) {
	_ = walk(attribute, func(field protowire.Number, part []byte) error {
		switch field {
		case telemetry.KeyValueKey:
			key = string(part)
		case telemetry.KeyValueValue:
			value = ""
			_ = walk(part, func(kind protowire.Number, text []byte) error {
				if value = ""; kind == telemetry.ValueString {
					value = string(text)
				}
				return nil
			})
		}
		return nil
	})
	return key, value
}
