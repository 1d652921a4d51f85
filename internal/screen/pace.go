package screen

import "time"

const (
	// paceCounted is how far back "now" reaches when rows are counted as they
	// are written; paceAnswered when they come in lumps, with the answers.
	paceCounted  = 5 * time.Second
	paceAnswered = 10 * time.Second
)

// Pace remembers how many rows there were in the last seconds.
type Pace struct {
	samples []sample // ascending, the first at least paceAnswered old when there are such
}

type sample struct {
	at   time.Time
	rows int64
}

// Add says how many rows there are in all.
func (p *Pace) Add(at time.Time, rows int64) {
	p.samples = append(p.samples, sample{at, rows})
	drop := 0
	for drop+1 < len(p.samples) && at.Sub(p.samples[drop+1].at) >= paceAnswered {
		drop++
	}
	p.samples = p.samples[drop:]
}

// Recent is how many rows came in which time. The time is 0 when it isn't known:
// nothing was heard, or rows come in lumps (they aren't counted) and none came.
func (p *Pace) Recent(now time.Time, counted bool) (rows int64, window time.Duration) {
	reach := paceAnswered
	if counted {
		reach = paceCounted
	}
	if len(p.samples) == 0 {
		return 0, 0
	}
	last := p.samples[len(p.samples)-1]
	if now.Sub(last.at) > reach {
		return 0, 0
	}
	first := last
	for i := len(p.samples) - 1; i >= 0 && last.at.Sub(first.at) < reach; i-- {
		first = p.samples[i]
	}
	if rows = last.rows - first.rows; rows == 0 && !counted {
		return 0, 0
	}
	return rows, last.at.Sub(first.at)
}
