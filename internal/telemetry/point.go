package telemetry

import (
	"cmp"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// Point is the value of a series in one second: a count, or a histogram with exemplars.
type Point struct {
	Sum       int64
	Histogram Histogram
	exemplars []Exemplar
}

// Exemplify keeps e if it is the slowest exemplar of its doubling. So each power of two has at
// most one exemplar, and the slowest measurement of all is kept.
func (p *Point) Exemplify(e Exemplar) { p.exemplars = keepSlowest(p.exemplars, e) }

func keepSlowest(all []Exemplar, e Exemplar) []Exemplar {
	_, doubling := math.Frexp(e.Value)
	for i := range all {
		if _, d := math.Frexp(all[i].Value); d == doubling {
			if e.Value > all[i].Value {
				all[i] = e
			}
			return all
		}
	}
	return append(all, e)
}

// Exemplar is one measurement with the ids of its span.
type Exemplar struct {
	Value float64
	Nanos int64 // since 1970
	Trace trace.TraceID
	Span  trace.SpanID
}

// Encode returns the histogram as a delta point without attributes and times.
func (p *Point) Encode() *metricpb.ExponentialHistogramDataPoint {
	h := &p.Histogram
	out := &metricpb.ExponentialHistogramDataPoint{
		Count: h.Count, Sum: &h.Sum, Min: &h.Min, Max: &h.Max, ZeroCount: h.Zero, Scale: Scale,
		Positive: &metricpb.ExponentialHistogramDataPoint_Buckets{Offset: h.Offset, BucketCounts: h.Counts},
	}
	for _, e := range p.exemplars {
		out.Exemplars = append(out.Exemplars, &metricpb.Exemplar{
			TimeUnixNano: uint64(e.Nanos), Value: &metricpb.Exemplar_AsDouble{AsDouble: e.Value}, TraceId: e.Trace[:], SpanId: e.Span[:],
		})
	}
	return out
}

// addHistogram adds a delta point. It skips exemplars that can't be real.
func (p *Point) addHistogram(d *metricpb.ExponentialHistogramDataPoint) {
	p.Histogram.merge(&Histogram{
		Count: d.GetCount(), Zero: d.GetZeroCount(), Sum: d.GetSum(), Min: d.GetMin(), Max: d.GetMax(),
		Offset: d.GetPositive().GetOffset(), Counts: d.GetPositive().GetBucketCounts(),
	})
	for _, e := range d.GetExemplars() {
		if len(e.GetTraceId()) != 16 || len(e.GetSpanId()) != 8 || !finite(e.GetAsDouble()) {
			continue
		}
		p.Exemplify(Exemplar{
			Value: e.GetAsDouble(), Nanos: int64(e.GetTimeUnixNano()),
			Trace: trace.TraceID(e.GetTraceId()), Span: trace.SpanID(e.GetSpanId()),
		})
	}
}

// exemplarData returns the exemplars in the order of time, which Prometheus requires.
func (p *Point) exemplarData() []metricdata.Exemplar[float64] {
	slices.SortFunc(p.exemplars, func(a, b Exemplar) int { return cmp.Compare(a.Nanos, b.Nanos) })
	out := make([]metricdata.Exemplar[float64], len(p.exemplars))
	for i, e := range p.exemplars {
		out[i] = metricdata.Exemplar[float64]{Value: e.Value, Time: time.Unix(0, e.Nanos), TraceID: e.Trace[:], SpanID: e.Span[:]}
	}
	return out
}
