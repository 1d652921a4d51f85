package sum

import (
	"time"

	"dsql-load-test/internal/bench"
)

// billing adds up REPORT lines and streamed bytes for a Billed.
type billing struct {
	bench.Billed
	billed           time.Duration
	initBilled       time.Duration // part of billed
	durations, inits []float64
}

// printed is the largest rounding error of the sum of two durations in a REPORT line, each of
// which is rounded to 0.01 ms.
const printed = 10 * time.Microsecond

// add adds one REPORT line; r is nil if there is none. A start was billed if Billed is at least
// Duration plus Init.
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

// addStreamed adds an answer of n bytes that was streamed.
func (b *billing) addStreamed(n int64) { b.StreamedBytesBilled += bench.StreamedBilled(n) }

func (b *billing) merge(o *billing) {
	b.StreamedBytesBilled += o.StreamedBytesBilled
	b.Invocations += o.Invocations
	b.Inits += o.Inits
	b.billed += o.billed
	b.initBilled += o.initBilled
	b.durations, b.inits = append(b.durations, o.durations...), append(b.inits, o.inits...)
	b.MemoryMB, b.MaxMemoryMB = max(b.MemoryMB, o.MemoryMB), max(b.MaxMemoryMB, o.MaxMemoryMB)
}

// summary returns nil if there was no REPORT line and no streamed byte to bill.
func (b *billing) summary() *bench.Billed {
	if b.Invocations == 0 && b.StreamedBytesBilled == 0 {
		return nil
	}
	sum := b.Billed
	sum.BilledSeconds, sum.InitBilledSeconds = b.billed.Seconds(), new(b.initBilled.Seconds())
	sum.DurationMs, sum.InitMs = statsOf(b.durations), statsOf(b.inits)
	return &sum
}
