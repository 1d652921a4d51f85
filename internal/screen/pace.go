package screen

import "time"

const (
	// paceCounted is the window of the current rate if rows are counted in the database;
	// paceAnswered if they are known only from answers, which come less often.
	paceCounted  = 5 * time.Second
	paceAnswered = 10 * time.Second
	// paceStill is how long a count in the database must stand still before the rate is 0:
	// PostgreSQL's counters come up to a second late.
	paceStill = 2 * time.Second
)

// Pace remembers how many rows there were in the last seconds, for the current rate.
type Pace struct {
	samples []sample // ascending; of those older than paceAnswered only the last
}

// sample is the number of rows at one time.
type sample struct {
	at   time.Time
	rows int64
}

// Add notes how many rows there are in all at that time.
func (p *Pace) Add(at time.Time, rows int64) {
	p.samples = append(p.samples, sample{at, rows})
	drop := 0
	for drop+1 < len(p.samples) && at.Sub(p.samples[drop+1].at) >= paceAnswered {
		drop++
	}
	p.samples = p.samples[drop:]
}

// Recent returns how many rows were added in the window. The window is 0 if the rate is
// unknown: there was no sample for too long, or no row came, which means something only if rows are
// counted in the database, and in a window of paceStill or more.
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
	rows, window = last.rows-first.rows, last.at.Sub(first.at)
	if rows == 0 && (!counted || window < paceStill) {
		return 0, 0
	}
	return rows, window
}
