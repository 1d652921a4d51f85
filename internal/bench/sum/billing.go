package sum

import (
	"time"

	"dsql-load-test/internal/bench"
)

// billing is a Billed in the making.
type billing struct {
	bench.Billed
	billed           time.Duration
	initBilled       time.Duration // of it
	durations, inits []float64
}

// printed is by how much the sum of two figures of a REPORT line, each rounded to a
// hundredth of a millisecond, may be too high.
const printed = 10 * time.Microsecond

// add takes one REPORT line in, or none.
func (b *billing) add(r *bench.Report) {
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

func (b *billing) merge(o *billing) {
	b.Invocations += o.Invocations
	b.Inits += o.Inits
	b.billed += o.billed
	b.initBilled += o.initBilled
	b.durations, b.inits = append(b.durations, o.durations...), append(b.inits, o.inits...)
	b.MemoryMB, b.MaxMemoryMB = max(b.MemoryMB, o.MemoryMB), max(b.MaxMemoryMB, o.MaxMemoryMB)
}

// summary is nil when there was no such line.
func (b *billing) summary() *bench.Billed {
	if b.Invocations == 0 {
		return nil
	}
	sum := b.Billed
	sum.BilledSeconds, sum.InitBilledSeconds = b.billed.Seconds(), new(b.initBilled.Seconds())
	sum.DurationMs, sum.InitMs = statsOf(b.durations), statsOf(b.inits)
	return &sum
}
