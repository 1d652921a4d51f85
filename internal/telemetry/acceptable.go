package telemetry

import (
	"math"

	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// The limits of a Set. A run has a few dozen series, and a point of each for every second
// in which an invocation is in flight.
const (
	MaxSeries  = 2000
	maxPending = 1 << 18 // points
)

// acceptable reports whether m has the kind that the table of metrics gives it, and delta
// points.
func acceptable(defined *Metric, m *metricpb.Metric) bool {
	const cumulative = metricpb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
	if sum := m.GetSum(); sum != nil {
		kind := UpDownKind
		if sum.GetIsMonotonic() {
			kind = CounterKind
		}
		return kind == defined.Kind && sum.GetAggregationTemporality() != cumulative
	}
	h := m.GetExponentialHistogram()
	return h != nil && defined.Kind == HistogramKind && h.GetAggregationTemporality() != cumulative
}

// maxCounted is the highest count of a point, which covers one second of one invocation.
const maxCounted = 1_000_000_000

// countable reports whether a counter's point can be from our function.
func countable(p *metricpb.NumberDataPoint, monotonic bool) bool {
	n := p.GetAsInt()
	_, double := p.GetValue().(*metricpb.NumberDataPoint_AsDouble)
	return !double && n <= maxCounted && n >= -maxCounted && (n >= 0 || !monotonic)
}

// readable reports whether a histogram can be from our function. Buckets of another scale can't
// be added to ours, and buckets far from any duration would take too much memory.
func readable(d *metricpb.ExponentialHistogramDataPoint) bool {
	const least, most = -31 << Scale, 31 << Scale // a nanosecond to some decades
	b, n := d.GetPositive(), d.GetZeroCount()
	if d.GetScale() != Scale || b.GetOffset() < least || int64(b.GetOffset())+int64(len(b.GetBucketCounts())) > most {
		return false
	}
	for _, in := range b.GetBucketCounts() {
		if in > maxCounted || n > maxCounted {
			return false
		}
		n += in
	}
	return n == d.GetCount() && n <= maxCounted && len(d.GetNegative().GetBucketCounts()) == 0 &&
		finite(d.GetSum()) && finite(d.GetMin()) && finite(d.GetMax())
}

// finite reports whether v is a number, and so small that sums of such values are numbers too.
func finite(v float64) bool { return math.Abs(v) <= 1e18 }
