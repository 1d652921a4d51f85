package machine

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/eventually"
)

// A machine that does nothing but spin is reported as at its limit, and the share
// of this process can't be above that of the machine by much.
func TestWatch(t *testing.T) {
	w := StartWatch()
	var stop atomic.Bool
	var spun atomic.Int64
	for range 2 * runtime.NumCPU() {
		go func() {
			for !stop.Load() {
				spun.Add(1)
			}
		}()
	}
	time.Sleep(1500 * time.Millisecond)
	eventually.Nil(t, func() error {
		if l := w.SoFar(); l == nil || l.LagMaxMs == nil || l.DriverCPUAvg <= 0 {
			return fmt.Errorf("after more than a second: %+v", l)
		}
		return nil
	})
	stop.Store(true)
	l := w.Stop()
	if l.MachineCPUAvg == nil || l.MachineCPUMax == nil || l.LagP99Ms == nil || l.LagMaxMs == nil {
		t.Fatalf("%+v", l)
	}
	if *l.MachineCPUAvg < 0.5 || *l.MachineCPUAvg > 1.001 || l.DriverCPUAvg <= 0 || l.DriverCPUAvg > *l.MachineCPUAvg+0.2 {
		t.Errorf("machine %v, driver %v of the processors", *l.MachineCPUAvg, l.DriverCPUAvg)
	}
	if *l.MachineCPUMax < *l.MachineCPUAvg || *l.LagMaxMs < *l.LagP99Ms || l.Bound != judge.Saturated(l) {
		t.Errorf("%+v", l)
	}
	if l.ClockStepMs > 1000 {
		t.Errorf("the clock moved by %v ms", l.ClockStepMs)
	}
}

// Of a moment there is neither a lag, for no timer fired, nor a load, for the
// system counts it in steps that are longer.
func TestWatchOfAMoment(t *testing.T) {
	w := StartWatch()
	if l := w.Stop(); time.Since(w.start) < watchEvery && (l.MachineCPUAvg != nil || l.MachineCPUMax != nil || l.LagP99Ms != nil || l.LagMaxMs != nil || l.Bound) {
		t.Errorf("%+v", l)
	}
	for _, c := range []struct {
		used, total float64
		took        time.Duration
		want        *float64
	}{{0.01, 0.01, 50 * time.Millisecond, nil}, {0, 0, time.Second, nil}, {0.5, 2, time.Second, new(0.25)}} {
		if diff := cmp.Diff(c.want, share(c.used, c.total, c.took)); diff != "" {
			t.Errorf("%v of %v in %v: -want +got\n%s", c.used, c.total, c.took, diff)
		}
	}
}

// A scenario of less than a second is reported as bound by the processors, and not
// by a single late timer.
func TestBound(t *testing.T) {
	for _, c := range []struct {
		name     string
		cpu, lag float64
		took     time.Duration
		want     bool
	}{
		{"0.4 s at 99 %", 0.99, 1, 400 * time.Millisecond, true},
		{"0.4 s at half", 0.5, 1, 400 * time.Millisecond, false},
		{"a moment at 99 %", 0.99, 1, 100 * time.Millisecond, false},
		{"one late timer", 0.5, 300, 400 * time.Millisecond, false},
		{"late timers", 0.5, 300, 2 * time.Second, true},
	} {
		if got := bound(bench.ClientLoad{MachineCPUAvg: &c.cpu, LagP99Ms: &c.lag}, c.took); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestClockStep(t *testing.T) {
	start := time.Now()
	for _, c := range []struct{ wall, passed, want time.Duration }{
		{3 * time.Second, 3 * time.Second, 0},
		{time.Second, 3 * time.Second, 2 * time.Second},
		{-time.Hour, time.Second, time.Hour + time.Second},
	} {
		if got := clockStep(start, start.Add(c.wall), c.passed); got != c.want {
			t.Errorf("wall %v in %v: step %v, want %v", c.wall, c.passed, got, c.want)
		}
	}
}
