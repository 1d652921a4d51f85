// Package machine measures how busy this machine and this process are during a run: use of
// the processors, late timers, steps of the clock (watch.go). It also describes the machine
// (host.go) and checks the limit of open files (openfiles.go). The measurements show whether
// the client limited the throughput, rather than the cluster.
package machine

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/latency"
)

const (
	watchEvery  = 100 * time.Millisecond
	watchSecond = 10 // samples from one reading of the processors to the next
)

// Watch measures how busy this machine is during a scenario. Its goroutine alone uses the
// fields below done until Stop has waited for it.
type Watch struct {
	quit chan struct{}
	done sync.WaitGroup

	start       time.Time
	driver      time.Duration      // processor time used before start, negative
	machine     *float64           // share of the processors used since start; nil if unknown
	busiest     float64            // largest share between two readings
	lag         *latency.Histogram // how late the timers fired
	step        time.Duration      // largest step of the wall clock
	used, total float64            // seconds of the processors, at the last reading

	soFar atomic.Pointer[bench.ClientLoad] // after the last whole second; nil before
}

// StartWatch starts to measure. Stop must be called once.
func StartWatch() *Watch {
	w := &Watch{quit: make(chan struct{}), start: time.Now(), lag: latency.New(), driver: -processTime()}
	w.used, w.total = machineTime()
	w.done.Go(w.loop)
	return w
}

// loop measures how late a timer of watchEvery fires, and every second reads the processors.
func (w *Watch) loop() {
	firstUsed, firstTotal := w.used, w.total
	ticks := 0
	timer := time.NewTimer(watchEvery)
	defer timer.Stop()
	for due := time.Now().Add(watchEvery); ; due = time.Now().Add(watchEvery) {
		select {
		case <-w.quit:
			if late := time.Since(due); late > 0 { // the last timer would have been late
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
			w.soFar.Store(w.load(share(w.used-firstUsed, w.total-firstTotal, time.Since(w.start))))
		}
		timer.Reset(watchEvery)
	}
}

// read returns the share of the processors used since the last reading, 0 to 1.
func (w *Watch) read() float64 {
	used, total := machineTime()
	part := 0.0
	if total > w.total {
		part = min(max((used-w.used)/(total-w.total), 0), 1)
	}
	w.used, w.total = used, total
	return part
}

// share returns used / total; nil if total is 0 or took is shorter than watchEvery: the system
// counts in hundredths of a second, so the share would be chance.
func share(used, total float64, took time.Duration) *float64 {
	if total <= 0 || took < watchEvery {
		return nil
	}
	return new(round(min(max(used/total, 0), 1))) // the system may correct its count of waiting for the disk
}

// clockStep returns how far the wall clock moved more or less than the time that passed.
func clockStep(start, now time.Time, passed time.Duration) time.Duration {
	return (now.Round(0).Sub(start.Round(0)) - passed).Abs()
}

// SoFar returns the measurement up to the last whole second; nil in the first.
func (w *Watch) SoFar() *bench.ClientLoad { return w.soFar.Load() }

// Stop ends the measurement and returns it.
func (w *Watch) Stop() *bench.ClientLoad {
	close(w.quit)
	w.done.Wait()
	return w.load(w.machine)
}

// load returns the measurement. machine is the share of the processors used since start.
func (w *Watch) load(machine *float64) *bench.ClientLoad {
	took := time.Since(w.start)
	own := (w.driver + processTime()).Seconds() / took.Seconds() / float64(runtime.NumCPU())
	l := &bench.ClientLoad{MachineCPUAvg: machine, DriverCPUAvg: round(own), ClockStepMs: milliseconds(w.step)}
	if machine != nil {
		l.MachineCPUMax = new(max(round(w.busiest), *machine)) // there is no reading in less than a second
	}
	if w.lag.Count() > 0 {
		l.LagP99Ms, l.LagMaxMs = new(milliseconds(w.lag.Percentile(99))), new(milliseconds(w.lag.Max()))
	}
	l.Bound = bound(*l, took)
	return l
}

// bound reports whether the machine was too busy to send more. In less than a second there
// are too few timers for a percentile, and fewer than two timers say nothing: the system
// counts processor time in hundredths of a second.
func bound(l bench.ClientLoad, took time.Duration) bool {
	if took < watchSecond*watchEvery {
		l.LagP99Ms = nil
	}
	return took >= 2*watchEvery && judge.Saturated(&l)
}

// round rounds a share to a tenth of a percent.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// processTime returns the processor time of this process, without its children.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // can't happen for RUSAGE_SELF
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// machineTime returns the seconds that the processors were used, and all their seconds; zeros
// if the system doesn't report them.
func machineTime() (used, total float64) {
	times, err := cpu.Times(false)
	if err != nil || len(times) == 0 {
		return 0, 0
	}
	t := times[0]
	total = t.User + t.Nice + t.System + t.Idle + t.Iowait + t.Irq + t.Softirq + t.Steal
	return total - t.Idle - t.Iowait, total
}
