// Package machine reads what this machine and this process use while a run goes on:
// processors, memory, late timers, steps of the clock, open files. The figures say
// whether a result is the cluster's, or that of a client that couldn't send more.
package machine

import (
	"math"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/latency"
)

const (
	watchEvery  = 100 * time.Millisecond
	watchSecond = 10 // samples in one reading of the processors
)

// Watch samples how busy this machine is during a scenario.
type Watch struct {
	quit chan struct{}
	done sync.WaitGroup

	start       time.Time
	driver      time.Duration // used since start
	machine     *float64      // share used since start; nil when it can't be told
	busiest     float64
	lag         *latency.Histogram
	step        time.Duration
	used, total float64 // of the processors, at the last reading
}

// StartWatch begins to sample. Stop must be called once.
func StartWatch() *Watch {
	w := &Watch{quit: make(chan struct{}), start: time.Now(), lag: latency.New(), driver: -processTime()}
	w.used, w.total = machineTime()
	w.done.Go(w.loop)
	return w
}

func (w *Watch) loop() {
	firstUsed, firstTotal := w.used, w.total
	ticks := 0
	timer := time.NewTimer(watchEvery)
	defer timer.Stop()
	for due := time.Now().Add(watchEvery); ; due = time.Now().Add(watchEvery) {
		select {
		case <-w.quit:
			if late := time.Since(due); late > 0 { // it stood still until now
				w.lag.Record(late)
			}
			w.read()
			w.machine = share(w.used-firstUsed, w.total-firstTotal, time.Since(w.start))
			return
		case <-timer.C:
		}
		w.lag.Record(max(0, time.Since(due)))
		now := time.Now()
		w.step = max(w.step, clockStep(w.start, now, now.Sub(w.start)))
		if ticks++; ticks%watchSecond == 0 {
			w.busiest = max(w.busiest, w.read())
		}
		timer.Reset(watchEvery)
	}
}

// read returns the share of the processors used since the last reading.
func (w *Watch) read() float64 {
	used, total := machineTime()
	part := 0.0
	if total > w.total {
		part = min(max((used-w.used)/(total-w.total), 0), 1)
	}
	w.used, w.total = used, total
	return part
}

// share is used of total; nil when there was none. The system counts in
// hundredths of a second, so that of less than watchEvery it is chance.
func share(used, total float64, took time.Duration) *float64 {
	if total <= 0 || took < watchEvery {
		return nil
	}
	return new(round(min(max(used/total, 0), 1))) // what waits for the disk may be counted back
}

// clockStep is how far the wall clock moved against the time that passed.
func clockStep(start, now time.Time, passed time.Duration) time.Duration {
	return (now.Round(0).Sub(start.Round(0)) - passed).Abs()
}

// Stop ends the sampling and returns what was measured.
func (w *Watch) Stop() *bench.ClientLoad {
	close(w.quit)
	w.done.Wait()
	took := time.Since(w.start)
	own := (w.driver + processTime()).Seconds() / took.Seconds() / float64(runtime.NumCPU())
	l := &bench.ClientLoad{MachineCPUAvg: w.machine, DriverCPUAvg: round(own), ClockStepMs: milliseconds(w.step)}
	if w.machine != nil {
		l.MachineCPUMax = new(max(round(w.busiest), *w.machine)) // of less than a second there is no reading
	}
	if w.lag.Count() > 0 {
		l.LagP99Ms, l.LagMaxMs = new(milliseconds(w.lag.Percentile(99))), new(milliseconds(w.lag.Max()))
	}
	l.Bound = bound(*l, took)
	return l
}

// bound reports whether the machine was too busy to send more. Of less than a
// second there is no percentile of the timers, and a moment says nothing at all:
// the system counts processor time in hundredths of a second.
func bound(l bench.ClientLoad, took time.Duration) bool {
	if took < watchSecond*watchEvery {
		l.LagP99Ms = nil
	}
	return took >= 2*watchEvery && judge.Saturated(&l)
}

// round keeps what is meant of a share.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// processTime is the processor time of this process; its children's counts only
// for the machine.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // it always works for one's own
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// machineTime is the processor time that was used, and all there was, seconds;
// zeros where the system doesn't say.
func machineTime() (used, total float64) {
	times, err := cpu.Times(false)
	if err != nil || len(times) == 0 {
		return 0, 0
	}
	t := times[0]
	total = t.User + t.Nice + t.System + t.Idle + t.Iowait + t.Irq + t.Softirq + t.Steal
	return total - t.Idle - t.Iowait, total
}
