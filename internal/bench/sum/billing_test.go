package sum

import (
	"math"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

// A REPORT line of provided.al2023 bills Duration and Init Duration together,
// rounded up: what is added up knows that, and doesn't count INIT twice.
func TestInitIsBilledOnce(t *testing.T) {
	for name, c := range map[string]struct {
		duration, init, billed time.Duration
		want                   float64 // seconds of INIT in what was billed
	}{
		"a custom runtime":         {67_020 * time.Microsecond, 50_630 * time.Microsecond, 118 * time.Millisecond, 0.05063},
		"to the millisecond":       {60 * time.Millisecond, 40 * time.Millisecond, 100 * time.Millisecond, 0.04},
		"an emulator bills it not": {67_020 * time.Microsecond, 50_630 * time.Microsecond, 68 * time.Millisecond, 0},
		"none":                     {67_020 * time.Microsecond, 0, 68 * time.Millisecond, 0},
	} {
		b := &billing{}
		b.add(&bench.Report{Duration: c.duration, Init: c.init, Billed: c.billed})
		b.add(&bench.Report{Duration: 10 * time.Millisecond, Billed: 10 * time.Millisecond})
		got := b.summary()
		if math.Abs(got.InitSeconds()-c.want) > 1e-9 || got.BilledSeconds != (c.billed+10*time.Millisecond).Seconds() {
			t.Errorf("%s: %g s of INIT in %g s, want %g", name, got.InitSeconds(), got.BilledSeconds, c.want)
		}
	}
}

// The first 6 MB of each streamed answer are free, also of those without a REPORT line.
func TestStreamedBytes(t *testing.T) {
	const free = 6 * 1024 * 1024
	for name, c := range map[string]struct {
		answers []int64
		want    int64
	}{
		"nothing streamed": {[]int64{0}, 0},
		"one below":        {[]int64{free - 1}, 0},
		"to the byte":      {[]int64{free}, 0},
		"one above":        {[]int64{free + 1}, 1},
		"each on its own":  {[]int64{free - 1, free + 7, 0, 2 * free, free}, 7 + free},
	} {
		whole, half := &billing{}, &billing{}
		for i, n := range c.answers {
			if i%2 == 0 {
				whole.addStreamed(n)
			} else {
				half.addStreamed(n)
			}
		}
		whole.merge(half)
		switch got := whole.summary(); {
		case got == nil && c.want != 0, got != nil && (got.StreamedBytesBilled != c.want || got.Invocations != 0):
			t.Errorf("%s: %+v, want %d bytes", name, got, c.want)
		case got != nil && c.want == 0:
			t.Errorf("%s: %+v, want nothing", name, got)
		}
	}
}
