package relay

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

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
// must belong to the run and to the traces, with as many in each as counts says. It reads only
// the trace id at the start of each span, because the relay handles millions of spans.
func inspectSpans(message []byte, run string, of []trace.TraceID, counts []int64) (spans int64, err error) {
	left := slices.Clone(counts)
	at := 0 // the trace of the last span
	err = scopes(message, run, func(span []byte) error {
		spans++
		if run == "" {
			return nil
		}
		if !begins(span, of[at]) {
			if at = traceIn(span, of); at < 0 {
				return errOther
			}
		}
		left[at]--
		return nil
	})
	if err == nil && slices.ContainsFunc(left, func(n int64) bool { return n != 0 }) {
		err = errCount
	}
	return spans, err
}

// traceIn returns the index of the trace with whose id an encoded span begins; -1 for none. The
// ids are those of groups, in their order.
func traceIn(span []byte, of []trace.TraceID) int {
	id, ok := head(span)
	if !ok {
		return -1
	}
	since := func(id trace.TraceID) uint64 { // ids may wrap around
		return binary.BigEndian.Uint64(id[8:]) - binary.BigEndian.Uint64(of[0][8:])
	}
	i, _ := slices.BinarySearchFunc(of, since(id), func(each trace.TraceID, target uint64) int { return cmp.Compare(since(each), target) })
	if i == len(of) || of[i] != id {
		return -1
	}
	return i
}

// begins reports whether an encoded span begins with this trace id. The spans of our function
// always begin with their trace id.
func begins(span []byte, of trace.TraceID) bool {
	id, ok := head(span)
	return ok && id == of
}

// head returns the trace id at the start of an encoded span.
func head(span []byte) (id trace.TraceID, ok bool) {
	const head = 2 // tag and length
	if len(span) < head+len(id) || span[0] != byte(telemetry.SpanTraceID<<3|protowire.Number(protowire.BytesType)) || span[1] != byte(len(id)) {
		return id, false
	}
	return trace.TraceID(span[head : head+len(id)]), true
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
