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

// point is one series in one second: a count, or a histogram with exemplars.
type point struct {
	sum       int64
	histogram exphistogram
	exemplars []exemplar
}

// exemplify keeps a measurement as the exemplar of its doubling, unless it has a
// slower one: so each power of two has its exemplar, and the slowest is kept.
func (p *point) exemplify(e exemplar) { p.exemplars = keepSlowest(p.exemplars, e) }

func keepSlowest(all []exemplar, e exemplar) []exemplar {
	_, doubling := math.Frexp(e.value)
	for i := range all {
		if _, d := math.Frexp(all[i].value); d == doubling {
			if e.value > all[i].value {
				all[i] = e
			}
			return all
		}
	}
	return append(all, e)
}

// exemplar is one measurement that stands for others near it.
type exemplar struct {
	value float64
	nanos int64 // since 1970
	trace trace.TraceID
	span  trace.SpanID
}

// encode is a histogram's delta point without attributes and times.
func (p *point) encode() *metricpb.ExponentialHistogramDataPoint {
	h := &p.histogram
	out := &metricpb.ExponentialHistogramDataPoint{
		Count: h.count, Sum: &h.sum, Min: &h.min, Max: &h.max, ZeroCount: h.zero, Scale: scale,
		Positive: &metricpb.ExponentialHistogramDataPoint_Buckets{Offset: h.offset, BucketCounts: h.counts},
	}
	for _, e := range p.exemplars {
		out.Exemplars = append(out.Exemplars, &metricpb.Exemplar{
			TimeUnixNano: uint64(e.nanos), Value: &metricpb.Exemplar_AsDouble{AsDouble: e.value}, TraceId: e.trace[:], SpanId: e.span[:],
		})
	}
	return out
}

// addHistogram adds a histogram's delta point.
func (p *point) addHistogram(d *metricpb.ExponentialHistogramDataPoint) {
	p.histogram.merge(&exphistogram{
		count: d.GetCount(), zero: d.GetZeroCount(), sum: d.GetSum(), min: d.GetMin(), max: d.GetMax(),
		offset: d.GetPositive().GetOffset(), counts: d.GetPositive().GetBucketCounts(),
	})
	for _, e := range d.GetExemplars() {
		if len(e.GetTraceId()) != 16 || len(e.GetSpanId()) != 8 || !finite(e.GetAsDouble()) {
			continue
		}
		p.exemplify(exemplar{
			value: e.GetAsDouble(), nanos: int64(e.GetTimeUnixNano()),
			trace: trace.TraceID(e.GetTraceId()), span: trace.SpanID(e.GetSpanId()),
		})
	}
}

// exemplarData are the exemplars in the order of their time, as Prometheus
// wants them.
func (p *point) exemplarData() []metricdata.Exemplar[float64] {
	slices.SortFunc(p.exemplars, func(a, b exemplar) int { return cmp.Compare(a.nanos, b.nanos) })
	out := make([]metricdata.Exemplar[float64], len(p.exemplars))
	for i, e := range p.exemplars {
		out[i] = metricdata.Exemplar[float64]{Value: e.value, Time: time.Unix(0, e.nanos), TraceID: e.trace[:], SpanID: e.span[:]}
	}
	return out
}
