package bench

import (
	"slices"
	"time"

	"dsql-load-test/internal/latency"
)

// statsOf tells of values; it sorts them. The median of an even number of
// values is the mean of the middle two.
func statsOf(values []float64) Stats {
	n := len(values)
	if n == 0 {
		return Stats{}
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	avg, median := sum/float64(n), (values[(n-1)/2]+values[n/2])/2
	s := Stats{Spread: Spread{Min: &values[0], Max: &values[n-1], Avg: &avg, Median: &median}}
	Fill(&s.HighPercentiles, func(p float64) *float64 { return &values[latency.NearestRank(p, int64(n))-1] })
	return s
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func msOf(d time.Duration) *float64 {
	v := ms(d)
	return &v
}

// ratio is a/b, and 0 when b is 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Total adds up counts by kind.
func Total(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// oneIfKnown is 1 for what is known to be true.
func oneIfKnown(is *bool) int64 { return one(is != nil && *is) }

// billing is a Billed in the making.
type billing struct {
	Billed
	billed           time.Duration
	initBilled       time.Duration // of it
	durations, inits []float64
}

// printed is by how much the sum of two figures of a REPORT line, each rounded to a
// hundredth of a millisecond, may be too high.
const printed = 10 * time.Microsecond

// add takes one REPORT line in, or none.
func (b *billing) add(r *Report) {
	if r == nil {
		return
	}
	b.Invocations++
	b.billed += r.Billed
	b.durations = append(b.durations, ms(r.Duration))
	if r.Init > 0 {
		b.Inits++
		b.inits = append(b.inits, ms(r.Init))
		if r.Billed >= r.Duration+r.Init-printed {
			b.initBilled += r.Init
		}
	}
	b.MemoryMB, b.MaxMemoryMB = max(b.MemoryMB, r.MemoryMB), max(b.MaxMemoryMB, r.MaxMemoryMB)
}

// close is nil when there was no such line.
func (b *billing) close() *Billed {
	if b.Invocations == 0 {
		return nil
	}
	b.BilledSeconds = b.billed.Seconds()
	initBilled := b.initBilled.Seconds()
	b.InitBilledSeconds = &initBilled
	b.DurationMs, b.InitMs = statsOf(b.durations), statsOf(b.inits)
	return &b.Billed
}
