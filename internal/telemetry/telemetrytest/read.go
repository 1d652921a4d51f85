package telemetrytest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/bench"
)

// Attributes returns the values of attributes as text.
func Attributes(kvs []*commonpb.KeyValue) map[string]string {
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

// Named returns the spans with a name.
func Named(spans []*tracepb.Span, name string) (out []*tracepb.Span) {
	for _, s := range spans {
		if s.Name == name {
			out = append(out, s)
		}
	}
	return out
}

// Counted returns the number of values of a histogram, or the sum of a counter, over all points
// with an attribute of the value label, or over all points if label is empty.
func Counted(m *metricpb.ResourceMetrics, name, label string) (n int64) {
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
	for _, v := range Attributes(kvs) {
		if v == value {
			return true
		}
	}
	return value == ""
}

// Answered is a decoded reply.
type Answered struct {
	Resource *tracepb.ResourceSpans // of the first chunk
	Spans    []*tracepb.Span
	Metrics  *metricpb.ResourceMetrics
}

// Read decodes a reply like the driver. Each chunk must have as many spans as it claims.
func Read(t testing.TB, r *bench.TelemetryReply) (a Answered) {
	t.Helper()
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	decode := func(packed []byte, to proto.Message) {
		data, err := decoder.DecodeAll(packed, nil)
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
		spans := SpansOf(&m)
		if int64(len(spans)) != chunk.Spans {
			t.Errorf("chunk %d holds %d spans and says %d", i, len(spans), chunk.Spans)
		}
		for _, s := range spans {
			if detail := s.Name != "INSERT business_events" && s.Name != "statements" && s.Kind != tracepb.Span_SPAN_KIND_SERVER; detail != chunk.Detail {
				t.Fatalf("span %s is in a chunk with detail %v", s.Name, chunk.Detail)
			}
		}
		if a.Resource == nil {
			a.Resource = &m
		}
		a.Spans = append(a.Spans, spans...)
	}
	a.Metrics = &metricpb.ResourceMetrics{}
	decode(r.Metrics, a.Metrics)
	return a
}

// Labels returns attributes as sorted text.
func Labels(attributes map[string]string) string {
	var all []string
	for k, v := range attributes {
		all = append(all, k+"="+v)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// LastOf returns the last point of each series of a metric, by its attributes: the value of a
// counter, or the count of a histogram.
func LastOf(t *testing.T, all []*metricpb.ResourceMetrics, service, name string) map[string]int64 {
	t.Helper()
	out, times := map[string]int64{}, map[string]uint64{}
	note := func(key string, at uint64, v int64) {
		if at < times[key] {
			t.Errorf("%s %s: a point of %d comes after one of %d", name, key, at, times[key])
		}
		out[key], times[key] = v, at
	}
	for _, rm := range all {
		if Attributes(rm.Resource.Attributes)["service.name"] != service {
			continue
		}
		for _, scope := range rm.ScopeMetrics {
			for _, m := range scope.Metrics {
				if m.Name != name {
					continue
				}
				for _, p := range m.GetSum().GetDataPoints() {
					note(Labels(Attributes(p.Attributes)), p.TimeUnixNano, p.GetAsInt())
				}
				for _, p := range m.GetGauge().GetDataPoints() {
					note(Labels(Attributes(p.Attributes)), p.TimeUnixNano, p.GetAsInt())
				}
				for _, p := range m.GetExponentialHistogram().GetDataPoints() {
					note(Labels(Attributes(p.Attributes)), p.TimeUnixNano, int64(p.Count))
				}
			}
		}
	}
	return out
}
