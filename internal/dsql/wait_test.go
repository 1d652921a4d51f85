package dsql

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// Waits double up to their bound, whatever is drawn. Those for the database are never
// short: the five by default last 3.1 s or more.
func TestWaits(t *testing.T) {
	t.Parallel()
	shortest := func(time.Duration) time.Duration { return 0 }
	longest := func(d time.Duration) time.Duration { return d - 1 }
	least := time.Duration(0)
	for n := 1; n <= 5; n++ {
		least += waitBefore(failure.Later, n, shortest)
	}
	if least != 3100*time.Millisecond {
		t.Errorf("five waits last %v or more", least)
	}
	for n := range 100 {
		soon, later := waitBefore(failure.Soon, n+1, longest), waitBefore(failure.Later, n+1, longest)
		if soon < 0 || soon >= soonMost || later >= laterMost || n > 10 && (soon != soonMost-1 || later != laterMost-1) {
			t.Errorf("before attempt %d: up to %v and %v", n+2, soon, later)
		}
		if drawn := waitBefore(failure.Later, n+1, rand.N[time.Duration]); drawn < waitBefore(failure.Later, n+1, shortest) || drawn > later {
			t.Errorf("before attempt %d: %v", n+2, drawn)
		}
	}
}

// A server that took writes is waited for as long as its last write is a minute ago at
// most, and one that never took any isn't.
func TestHopeless(t *testing.T) {
	t.Parallel()
	readOnly := bench.Failure{Kind: failure.NotWritable, SQLSTATE: failure.NotWritable}
	synctest.Test(t, func(t *testing.T) {
		w := writes{patience: writeWait}
		w.failed(readOnly, time.Now())
		if !w.hopeless(readOnly) {
			t.Error("a server that never took a write is waited for")
		}
		w.wrote(time.Now())
		sent := time.Now()
		time.Sleep(time.Second)
		w.failed(readOnly, sent)
		time.Sleep(writeWait - time.Second)
		if w.hopeless(readOnly) {
			t.Error("it is given up early")
		}
		time.Sleep(time.Nanosecond)
		if !w.hopeless(readOnly) || w.hopeless(bench.Failure{Kind: failure.ConnectionLost}) {
			t.Error("it is waited for too long, or another failure is taken for it")
		}
		w.wrote(time.Now())
		if w.failed(readOnly, time.Now()); w.hopeless(readOnly) {
			t.Error("a write between is forgotten")
		}
	})
}

// A wait that would outlast the deadline isn't begun, and a cancelled one ends.
func TestPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if !pause(t.Context(), failure.Later, 1) || time.Since(start) < laterFirst/2 || time.Since(start) > laterFirst {
			t.Errorf("it waited %v", time.Since(start))
		}
		short, cancel := context.WithTimeout(t.Context(), laterFirst/2)
		defer cancel()
		start = time.Now()
		if pause(short, failure.Later, 1) || time.Since(start) != 0 {
			t.Errorf("it waited %v for a time that there isn't", time.Since(start))
		}
		gone, giveUp := context.WithCancel(t.Context())
		time.AfterFunc(laterFirst/4, giveUp)
		if start = time.Now(); pause(gone, failure.Later, 1) || time.Since(start) != laterFirst/4 {
			t.Errorf("it waited %v although it was cancelled", time.Since(start))
		}
		start = time.Now()
		if pause(t.Context(), failure.Never, 1) || time.Since(start) != 0 {
			t.Error("what never passes is waited for")
		}
	})
}
