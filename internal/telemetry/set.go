package telemetry

import (
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// Set merges the delta points of many workers into cumulative series, one for each metric and
// attribute set. Each delta point covers one second of the clock. It is not safe for
// concurrent use.
type Set struct {
	start   time.Time
	known   map[string]Metric // the metrics that a function emits; others are refused
	series  map[seriesKey]*cumulative
	order   []*cumulative
	pending int   // points that were not taken yet
	Next    int64 // the first second that was not taken, since 1970
	Late    int64 // points that arrived after their second was taken
}

type seriesKey struct {
	name       string
	attributes attribute.Distinct
}

// cumulative is one series: the total of the seconds taken, and the points of later seconds.
type cumulative struct {
	metric     Metric
	attributes attribute.Set
	total      Point
	pending    map[int64]*Point // by second
	last       int64            // the last second that has a point
	begun      bool             // total has a value
}

// NewSet returns an empty set whose series count from start.
func NewSet(start time.Time) *Set {
	return &Set{start: start, known: metricsOf(ByLambda), series: map[seriesKey]*cumulative{}, Next: start.Unix()}
}

// maxAhead is how many seconds a point may lie after the last second taken: more than an
// invocation can last. Take makes a point for every second in between, so there must be a limit.
const maxAhead = 20 * 60

// Merge adds delta points. Points of a second that was already taken count in the next second.
// It returns how many points were refused, because they can't be from our function.
func (s *Set) Merge(m *metricpb.ResourceMetrics) (unreadable int64) {
	for _, scope := range m.GetScopeMetrics() {
		for _, metric := range scope.GetMetrics() {
			unreadable += s.mergeMetric(metric)
		}
	}
	return unreadable
}

func (s *Set) mergeMetric(m *metricpb.Metric) (unreadable int64) {
	added := 0
	if defined, ok := s.known[m.GetName()]; ok && acceptable(&defined, m) {
		for _, p := range m.GetSum().GetDataPoints() {
			if !countable(p, m.GetSum().GetIsMonotonic()) {
				continue
			}
			if at := s.at(defined, p.GetAttributes(), p.GetStartTimeUnixNano()); at != nil {
				at.Sum += p.GetAsInt()
				added++
			}
		}
		for _, p := range m.GetExponentialHistogram().GetDataPoints() {
			if !readable(p) {
				continue
			}
			if at := s.at(defined, p.GetAttributes(), p.GetStartTimeUnixNano()); at != nil {
				at.addHistogram(p)
				added++
			}
		}
	}
	return int64(LengthOfMetric(m) - added)
}

// at returns the point to which a delta point must be added; nil if a limit is reached.
func (s *Set) at(m Metric, kvs []*commonpb.KeyValue, startNanos uint64) *Point {
	unix := int64(startNanos / 1e9)
	if unix-s.Next > maxAhead {
		return nil
	}
	set := attributesOf(kvs)
	key := seriesKey{m.Name, set.Equivalent()}
	c := s.series[key]
	if c == nil {
		if len(s.order) >= MaxSeries {
			return nil
		}
		c = &cumulative{metric: m, attributes: set, pending: map[int64]*Point{}}
		s.series[key] = c
		s.order = append(s.order, c)
	}
	late := unix < s.Next
	unix = max(unix, s.Next)
	p := c.pending[unix]
	if p == nil {
		if s.pending >= maxPending {
			return nil
		}
		p = &Point{}
		c.pending[unix] = p
		s.pending++
	}
	if late {
		s.Late++
	}
	c.last = max(c.last, unix)
	return p
}

// Take returns the points of all seconds before end that were not taken yet. A series has a point
// for every second, beginning with its first.
func (s *Set) Take(end int64) metricdata.ScopeMetrics { return s.take(end, time.Time{}) }

// TakeNow is like Take up to the second of now. In addition, a series that has points of this
// second or later gets a point at now with all of them, so nothing is held back. now must grow
// by at least a millisecond from call to call.
func (s *Set) TakeNow(now time.Time) metricdata.ScopeMetrics { return s.take(now.Unix(), now) }

// take implements Take (now is zero) and TakeNow.
func (s *Set) take(end int64, now time.Time) metricdata.ScopeMetrics {
	out := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: ScopeName, Version: Version()}}
	byName := map[string]int{}
	for _, c := range s.order {
		i, ok := byName[c.metric.Name]
		if !ok {
			i = len(out.Metrics)
			byName[c.metric.Name] = i
			out.Metrics = append(out.Metrics, c.describe())
		}
		waited := len(c.pending)
		for unix := s.Next; unix < end; unix++ {
			c.advance(unix)
			if c.begun {
				out.Metrics[i].Data = c.appendTo(out.Metrics[i].Data, s.start, time.Unix(unix+1, 0))
			}
		}
		if !now.IsZero() && len(c.pending) > 0 {
			for _, unix := range slices.Sorted(maps.Keys(c.pending)) {
				c.advance(unix)
			}
			out.Metrics[i].Data = c.appendTo(out.Metrics[i].Data, s.start, now)
		}
		s.pending -= waited - len(c.pending)
	}
	s.Next = max(s.Next, end)
	out.Metrics = slices.DeleteFunc(out.Metrics, func(m metricdata.Metrics) bool { return lengthOf(m.Data) == 0 })
	return out
}

// advance adds the second unix to the total.
func (c *cumulative) advance(unix int64) {
	c.total.exemplars = nil // each is exported once
	p := c.pending[unix]
	if p == nil {
		return
	}
	delete(c.pending, unix)
	c.begun = true
	c.total.Sum += p.Sum
	c.total.Histogram.merge(&p.Histogram)
	c.total.exemplars = p.exemplars
}

// Sum returns the sum of all points so far of a metric's series, of those that are chosen by their
// attributes.
func (s *Set) Sum(of MetricID, chosen func(*attribute.Set) bool) (sum Histogram) {
	name := Metrics()[of].Name
	for _, c := range s.order {
		if c.metric.Name != name || !chosen(&c.attributes) {
			continue
		}
		sum.merge(&c.total.Histogram)
		for _, p := range c.pending {
			sum.merge(&p.Histogram)
		}
	}
	return sum
}

// Last returns the latest second that was taken or has a point.
func (s *Set) Last() int64 {
	last := s.Next - 1
	for _, c := range s.order {
		last = max(last, c.last)
	}
	return last
}

// describe returns the metric of the series without points.
func (c *cumulative) describe() metricdata.Metrics {
	m := metricdata.Metrics{Name: c.metric.Name, Unit: c.metric.Unit, Description: c.metric.Description}
	if c.metric.Kind == HistogramKind {
		m.Data = metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality}
	} else {
		m.Data = metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: c.metric.Kind == CounterKind}
	}
	return m
}

// appendTo appends the total as a point from start to at.
func (c *cumulative) appendTo(data metricdata.Aggregation, start, at time.Time) metricdata.Aggregation {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		d.DataPoints = append(d.DataPoints, metricdata.DataPoint[int64]{Attributes: c.attributes, StartTime: start, Time: at, Value: c.total.Sum})
		return d
	case metricdata.ExponentialHistogram[float64]:
		h := &c.total.Histogram
		d.DataPoints = append(d.DataPoints, metricdata.ExponentialHistogramDataPoint[float64]{
			Attributes: c.attributes, StartTime: start, Time: at, Count: h.Count, Sum: h.Sum, Scale: Scale, ZeroCount: h.Zero,
			Min: metricdata.NewExtrema(h.Min), Max: metricdata.NewExtrema(h.Max),
			PositiveBucket: metricdata.ExponentialBucket{Offset: h.Offset, Counts: slices.Clone(h.Counts)},
			Exemplars:      c.total.exemplarData(),
		})
		return d
	}
	return data
}
