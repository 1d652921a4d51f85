package capture

import (
	"time"

	"dsql-load-test/internal/telemetry"
)

// recorder holds the points of each second, for one invocation or one environment. It is not
// safe for concurrent use.
type recorder struct {
	seconds []*second
}

// second holds the points of one second of the clock.
type second struct {
	unix   int64
	points []point
}

// point is the point of a series in a second. Its last durations are not in its histogram yet:
// among dozens of invocations at the same time, the histogram is rarely in the processor's
// cache, so it is read once for eight durations.
type point struct {
	series
	waits   int
	waiting [8]float64 // seconds, in order
	telemetry.Point
}

// settle records the durations that wait.
func (p *point) settle() {
	for _, seconds := range p.waiting[:p.waits] {
		p.Histogram.Record(seconds)
	}
	p.waits = 0
}

type series struct {
	metric telemetry.MetricID
	label  string // value of Metric.Label; empty for none
	slow   bool   // of a slow statement
}

// at returns the point of a series in the second of t, which is valid until the next call.
func (r *recorder) at(t time.Time, s series) *point {
	in := r.second(t.Unix())
	for i := range in.points { // few; the usual series are the first
		if p := &in.points[i]; p.series == s {
			return p
		}
	}
	in.points = append(in.points, point{series: s})
	return &in.points[len(in.points)-1]
}

// second searches from the end, because most times are in the last second.
func (r *recorder) second(unix int64) *second {
	for i := len(r.seconds) - 1; i >= 0; i-- {
		if r.seconds[i].unix == unix {
			return r.seconds[i]
		}
	}
	in := &second{unix: unix, points: make([]point, 0, 4)} // usually four
	r.seconds = append(r.seconds, in)
	return in
}

// count adds n to a counter in the second of t.
func (r *recorder) count(t time.Time, m telemetry.MetricID, label string, n int64) {
	r.at(t, series{metric: m, label: label}).Sum += n
}

// duration adds d, which ended at t, to a histogram and returns its point, which is valid until
// the next call.
func (r *recorder) duration(t time.Time, s series, d time.Duration) *telemetry.Point {
	p := r.at(t, s)
	p.waiting[p.waits] = d.Seconds()
	if p.waits++; p.waits == len(p.waiting) {
		p.settle()
	}
	return &p.Point
}

// take returns the recorded seconds and forgets them.
func (r *recorder) take() []*second {
	taken := r.seconds
	r.seconds = nil
	for _, s := range taken {
		for i := range s.points {
			s.points[i].settle()
		}
	}
	return taken
}
