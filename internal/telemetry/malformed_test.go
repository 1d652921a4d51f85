package telemetry

import (
	"math"
	"runtime"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"dsql-load-test/internal/telemetry/telemetrytest"
)

// A response may hold anything. What can't be ours is counted, and costs neither
// memory nor time.
func TestMalformed(t *testing.T) {
	const unix = 1_700_000_000
	at := func(change func(*metricpb.ExponentialHistogramDataPoint)) *metricpb.ResourceMetrics {
		one := 1.0
		p := &metricpb.ExponentialHistogramDataPoint{
			StartTimeUnixNano: unix * 1e9, Scale: Scale, Count: 1, Sum: &one, Min: &one, Max: &one,
			Positive: &metricpb.ExponentialHistogramDataPoint_Buckets{Offset: -1, BucketCounts: []uint64{1}},
		}
		change(p)
		return telemetrytest.Histograms("db.client.operation.duration", p)
	}
	counter := func(monotonic bool, n int64) *metricpb.ResourceMetrics {
		name := map[bool]string{true: "dsqlload.rows", false: "dsqlload.connections"}[monotonic]
		return telemetrytest.ResourceMetrics(&metricpb.Metric{Name: name, Data: &metricpb.Metric_Sum{Sum: &metricpb.Sum{IsMonotonic: monotonic, DataPoints: []*metricpb.NumberDataPoint{{
			StartTimeUnixNano: unix * 1e9, Value: &metricpb.NumberDataPoint_AsInt{AsInt: n},
		}}}}})
	}
	type points = metricpb.ExponentialHistogramDataPoint
	exemplarOf := func(traceID, spanID []byte) *metricpb.ResourceMetrics {
		return at(func(p *points) {
			p.Exemplars = []*metricpb.Exemplar{{TraceId: traceID, SpanId: spanID, Value: &metricpb.Exemplar_AsDouble{AsDouble: 1}}}
		})
	}
	for _, tc := range []struct {
		name       string
		m          *metricpb.ResourceMetrics
		unreadable int64
		points     int64 // that come out
	}{
		{"as it should be", at(func(*points) {}), 0, 1},
		{"nothing", nil, 0, 0},
		{"no data", telemetrytest.ResourceMetrics(&metricpb.Metric{Name: "dsqlload.rows"}), 0, 0},
		{"nil metric", telemetrytest.ResourceMetrics(nil), 0, 0},
		{"finer scale", at(func(p *points) { p.Scale = 20 }), 1, 0},
		{"negative scale", at(func(p *points) { p.Scale = -10 }), 1, 0},
		{"greatest offset", at(func(p *points) { p.Positive.Offset = math.MaxInt32 }), 1, 0},
		{"least offset", at(func(p *points) { p.Positive.Offset = math.MinInt32 }), 1, 0},
		{"more buckets than float64 has", at(func(p *points) { p.Positive.BucketCounts = make([]uint64, 80_000) }), 1, 0},
		{"no buckets", at(func(p *points) { p.Positive = nil }), 1, 0},
		{"another count than in its buckets", at(func(p *points) { p.Count = 2 }), 1, 0},
		{"counts that overflow", at(func(p *points) { p.Positive.BucketCounts, p.Count = []uint64{math.MaxUint64, 2}, 1 }), 1, 0},
		{"more than a second can have", at(func(p *points) { p.ZeroCount, p.Count = 2*maxCounted, 2*maxCounted+1 }), 1, 0},
		{"buckets below zero", at(func(p *points) {
			p.Negative = &metricpb.ExponentialHistogramDataPoint_Buckets{BucketCounts: []uint64{1}}
		}), 1, 0},
		{"no number", at(func(p *points) { p.Sum = new(math.NaN()) }), 1, 0},
		{"endless", at(func(p *points) { p.Max = new(math.Inf(1)) }), 1, 0},
		{"least of all", at(func(p *points) { p.Min = new(math.Inf(-1)) }), 1, 0},
		{"a sum that sums can't bear", at(func(p *points) { p.Sum = new(math.MaxFloat64) }), 1, 0},
		{"a counter that counts down", counter(true, -1), 1, 0},
		{"an up-down counter", counter(false, -1), 0, 1},
		{"more than a second counts", counter(true, maxCounted+1), 1, 0},
		{"least of all counts", counter(false, math.MinInt64), 1, 0},
		{"a counter of fractions", telemetrytest.Sums("dsqlload.rows", &metricpb.NumberDataPoint{
			StartTimeUnixNano: unix * 1e9, Value: &metricpb.NumberDataPoint_AsDouble{AsDouble: 1},
		}), 1, 0},
		{"a gauge", telemetrytest.ResourceMetrics(&metricpb.Metric{Name: "dsqlload.rows", Data: &metricpb.Metric_Gauge{Gauge: &metricpb.Gauge{DataPoints: make([]*metricpb.NumberDataPoint, 2)}}}), 2, 0},
		{"a histogram of another form", telemetrytest.ResourceMetrics(&metricpb.Metric{Name: "db.client.operation.duration", Data: &metricpb.Metric_Histogram{
			Histogram: &metricpb.Histogram{DataPoints: make([]*metricpb.HistogramDataPoint, 3)},
		}}), 3, 0},
		{"cumulative", telemetrytest.ResourceMetrics(&metricpb.Metric{Name: "dsqlload.rows", Data: &metricpb.Metric_Sum{Sum: &metricpb.Sum{
			IsMonotonic:            true,
			AggregationTemporality: metricpb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE, DataPoints: make([]*metricpb.NumberDataPoint, 1),
		}}}), 1, 0},
		{"exemplar that is no number", at(func(p *points) {
			p.Exemplars = []*metricpb.Exemplar{{TraceId: make([]byte, 16), SpanId: make([]byte, 8), Value: &metricpb.Exemplar_AsDouble{AsDouble: math.NaN()}}}
		}), 0, 1},
		{"no sum, least or greatest", at(func(p *points) { p.Sum, p.Min, p.Max = nil, nil, nil }), 0, 1},
		{"long ago", at(func(p *points) { p.StartTimeUnixNano = 0 }), 0, 1},
		{"years ahead", at(func(p *points) { p.StartTimeUnixNano += 10 * 365 * 86400 * 1e9 }), 1, 0},
		{"at the end of time", at(func(p *points) { p.StartTimeUnixNano = math.MaxUint64 }), 1, 0},
		{"counter years ahead", telemetrytest.Sums("dsqlload.rows", &metricpb.NumberDataPoint{StartTimeUnixNano: 2 * unix * 1e9}), 1, 0},
		{"exemplar of no span", exemplarOf(nil, nil), 0, 1},
		{"exemplar with a short trace", exemplarOf(make([]byte, 15), make([]byte, 8)), 0, 1},
		{"exemplar with a long span", exemplarOf(make([]byte, 16), make([]byte, 9)), 0, 1},
		{"attributes of no kind", at(func(p *points) {
			p.Attributes = []*commonpb.KeyValue{nil, {Key: "a"}, {Key: "b", Value: &commonpb.AnyValue{}}, {Value: &commonpb.AnyValue{
				Value: &commonpb.AnyValue_DoubleValue{DoubleValue: 1},
			}}}
		}), 0, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := NewSet(time.Unix(unix, 0))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			unreadable := set.Merge(tc.m)
			if last := set.Last(); last > unix+86400 {
				t.Fatalf("the last second is %d, %d s ahead", last, last-unix)
			}
			scope := set.Take(max(unix+1, set.Last()+1))
			runtime.ReadMemStats(&after)
			if unreadable != tc.unreadable || PointsIn(scope) != tc.points {
				t.Errorf("%d unreadable, %d points, want %d and %d", unreadable, PointsIn(scope), tc.unreadable, tc.points)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
				t.Errorf("it took %d bytes", used)
			}
			for _, m := range scope.Metrics {
				if h, ok := m.Data.(metricdata.ExponentialHistogram[float64]); ok && len(h.DataPoints[0].Exemplars) != 0 {
					t.Errorf("exemplars %+v of ids that can't be", h.DataPoints[0].Exemplars)
				}
			}
		})
	}
}
