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
