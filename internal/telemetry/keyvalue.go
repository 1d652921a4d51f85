package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// KeyValues returns attributes as OTLP messages.
func KeyValues(kvs ...attribute.KeyValue) []*commonpb.KeyValue {
	out := make([]*commonpb.KeyValue, len(kvs))
	for i, kv := range kvs {
		value := &commonpb.AnyValue{}
		switch kv.Value.Type() {
		case attribute.STRING:
			value.Value = &commonpb.AnyValue_StringValue{StringValue: kv.Value.AsString()}
		case attribute.BOOL:
			value.Value = &commonpb.AnyValue_BoolValue{BoolValue: kv.Value.AsBool()}
		default:
			value.Value = &commonpb.AnyValue_IntValue{IntValue: kv.Value.AsInt64()}
		}
		out[i] = &commonpb.KeyValue{Key: string(kv.Key), Value: value}
	}
	return out
}

// attributesOf is the reverse of KeyValues.
func attributesOf(kvs []*commonpb.KeyValue) attribute.Set {
	out := make([]attribute.KeyValue, 0, len(kvs))
	for _, kv := range kvs {
		key := attribute.Key(kv.GetKey())
		switch v := kv.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_IntValue:
			out = append(out, key.Int64(v.IntValue))
		case *commonpb.AnyValue_BoolValue:
			out = append(out, key.Bool(v.BoolValue))
		default:
			out = append(out, key.String(kv.GetValue().GetStringValue()))
		}
	}
	return attribute.NewSet(out...)
}
