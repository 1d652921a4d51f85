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
	points map[series]*telemetry.Point
}

type series struct {
	metric telemetry.MetricID
	label  string // value of Metric.Label; empty for none
	slow   bool   // of a slow statement
}

// at returns the point of a series in the second of t. It searches from the end, because t is
// usually in the last second.
func (r *recorder) at(t time.Time, s series) *telemetry.Point {
	unix := t.Unix()
	var in *second
	for i := len(r.seconds) - 1; i >= 0 && in == nil; i-- {
		if r.seconds[i].unix == unix {
			in = r.seconds[i]
		}
	}
	if in == nil {
		in = &second{unix: unix, points: map[series]*telemetry.Point{}}
		r.seconds = append(r.seconds, in)
	}
	p := in.points[s]
	if p == nil {
		p = &telemetry.Point{}
		in.points[s] = p
	}
	return p
}

// count adds n to a counter in the second of t.
func (r *recorder) count(t time.Time, m telemetry.MetricID, label string, n int64) {
	r.at(t, series{metric: m, label: label}).Sum += n
}

// duration adds d, which ended at t, to a histogram and returns its point.
func (r *recorder) duration(t time.Time, s series, d time.Duration) *telemetry.Point {
	p := r.at(t, s)
	p.Histogram.Record(d.Seconds())
	return p
}

// take returns the recorded seconds and forgets them.
func (r *recorder) take() []*second {
	taken := r.seconds
	r.seconds = nil
	return taken
}
