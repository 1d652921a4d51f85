package invoke

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"dsql-load-test/internal/bench"
)

// The burst is admitted at once, what goes beyond it at the rate, and a lane that
// was admitted never waits again.
func TestPacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const beyond, perSecond = 50, 100
		a := newPacing(perSecond, bench.ConnectBurst+beyond)
		start := time.Now()
		for lane := range bench.ConnectBurst {
			a.admit(context.Background(), lane)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the burst took %v", took)
		}
		for lane := range beyond {
			a.admit(context.Background(), bench.ConnectBurst+lane)
		}
		if took, want := time.Since(start), beyond*time.Second/perSecond; took < want-time.Millisecond || took > want+time.Millisecond {
			t.Errorf("%d beyond the burst took %v, want %v", beyond, took, want)
		}
		again := time.Now()
		for lane := range bench.ConnectBurst + beyond {
			a.admit(context.Background(), lane)
		}
		if took := time.Since(again); took != 0 {
			t.Errorf("those admitted waited %v again", took)
		}
		free := newPacing(0, 2)
		free.admit(context.Background(), 1)
		if took := time.Since(again); took != 0 {
			t.Errorf("no limit waited %v", took)
		}
	})
}
