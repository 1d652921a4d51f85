package telemetry

import (
	"math"
	"slices"
	"time"

	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"go.opentelemetry.io/otel/trace"
)

// recorder keeps what happened in each second, for one invocation or one
// environment. It is not safe for concurrent use.
type recorder struct {
	seconds []*second
}

// second is all that happened in one second of the clock.
type second struct {
	unix   int64
	points map[series]*point
}

type series struct {
	metric metric
	label  string // value of the definition's label; empty for none
	slow   bool   // of a slow statement
}

// point is one series in one second: a count, or a histogram with exemplars.
type point struct {
	sum       int64
	histogram exphistogram
	exemplars []exemplar
}

// at is the series in the second of t, which is seldom not the last one.
func (r *recorder) at(t time.Time, s series) *point {
	unix := t.Unix()
	var in *second
	for i := len(r.seconds) - 1; i >= 0 && in == nil; i-- {
		if r.seconds[i].unix == unix {
			in = r.seconds[i]
		}
	}
	if in == nil {
		in = &second{unix: unix, points: map[series]*point{}}
		r.seconds = append(r.seconds, in)
	}
	p := in.points[s]
	if p == nil {
		p = &point{}
		in.points[s] = p
	}
	return p
}

// count adds n to a counter.
func (r *recorder) count(t time.Time, m metric, label string, n int64) {
	r.at(t, series{metric: m, label: label}).sum += n
}

// duration adds d, which ended at t, to a histogram.
func (r *recorder) duration(t time.Time, s series, d time.Duration) *point {
	p := r.at(t, s)
	p.histogram.record(d.Seconds())
	return p
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

// take answers all that was recorded and forgets it.
func (r *recorder) take() []*second {
	taken := r.seconds
	r.seconds = nil
	return taken
}

// encode makes delta points of seconds and answers how many there are.
func (i *Instruments) encode(seconds []*second) (metrics []*metricpb.Metric, points int64) {
	byMetric := make([]*metricpb.Metric, len(i.definitions))
	for _, sec := range seconds {
		for s, p := range sec.points {
			if byMetric[s.metric] == nil {
				byMetric[s.metric] = i.definitions[s.metric].empty()
				metrics = append(metrics, byMetric[s.metric])
			}
			i.definitions[s.metric].append(byMetric[s.metric], sec.unix, s, p)
			points++
		}
	}
	return metrics, points
}

// empty is the metric without a point.
func (d *definition) empty() *metricpb.Metric {
	m := &metricpb.Metric{Name: d.name, Unit: d.unit, Description: d.description}
	if d.kind == histogramKind {
		m.Data = &metricpb.Metric_ExponentialHistogram{ExponentialHistogram: &metricpb.ExponentialHistogram{
			AggregationTemporality: metricpb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA,
		}}
		return m
	}
	m.Data = &metricpb.Metric_Sum{Sum: &metricpb.Sum{
		AggregationTemporality: metricpb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA,
		IsMonotonic:            d.kind == counterKind,
	}}
	return m
}

// append adds one series' second to m.
func (d *definition) append(m *metricpb.Metric, unix int64, s series, p *point) {
	attributes := slices.Clip(d.attributes)
	if d.label != "" && s.label != "" {
		attributes = append(attributes, keyValues(d.label.String(s.label))...)
	}
	if s.slow {
		attributes = append(attributes, keyValues(keySlow.Bool(true))...)
	}
	start, end := uint64(unix)*1e9, uint64(unix+1)*1e9
	if sum := m.GetSum(); sum != nil {
		sum.DataPoints = append(sum.DataPoints, &metricpb.NumberDataPoint{
			Attributes: attributes, StartTimeUnixNano: start, TimeUnixNano: end,
			Value: &metricpb.NumberDataPoint_AsInt{AsInt: p.sum},
		})
		return
	}
	h := &p.histogram
	point := &metricpb.ExponentialHistogramDataPoint{
		Attributes: attributes, StartTimeUnixNano: start, TimeUnixNano: end,
		Count: h.count, Sum: &h.sum, Min: &h.min, Max: &h.max, ZeroCount: h.zero, Scale: scale,
		Positive: &metricpb.ExponentialHistogramDataPoint_Buckets{Offset: h.offset, BucketCounts: h.counts},
	}
	for _, e := range p.exemplars {
		point.Exemplars = append(point.Exemplars, &metricpb.Exemplar{
			TimeUnixNano: uint64(e.nanos), Value: &metricpb.Exemplar_AsDouble{AsDouble: e.value},
			TraceId: bytesOf(e.trace), SpanId: idBytes(e.span),
		})
	}
	eh := m.GetExponentialHistogram()
	eh.DataPoints = append(eh.DataPoints, point)
}

func bytesOf(id trace.TraceID) []byte { return id[:] }
func idBytes(id trace.SpanID) []byte  { return id[:] }
