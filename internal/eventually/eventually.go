// Package eventually lets a test wait for something that another goroutine or
// another process does. Each wait polls and has a deadline, so that no test needs a
// sleep of a guessed length.
package eventually

import (
	"testing"
	"time"
)

// Patience is how long each wait lasts at most. Only a test that fails takes as long.
const Patience = time.Minute

// Polls begin close together, because most conditions hold at once, and then get
// rarer, because some ask a server over HTTP.
const shortestPause, longestPause = time.Millisecond, 50 * time.Millisecond

// True waits until holds returns true. what completes the message "still not so: ..."
// of a test that waited in vain.
func True(t testing.TB, what string, holds func() bool) {
	t.Helper()
	if !poll(holds) {
		t.Fatalf("still not so after %v: %s", Patience, what)
	}
}

// Nil waits until f returns no error. A test that waited in vain tells the last error.
func Nil(t testing.TB, f func() error) {
	t.Helper()
	var err error
	if !poll(func() bool { err = f(); return err == nil }) {
		t.Fatalf("still after %v: %v", Patience, err)
	}
}

// Receive returns the next value of c, or the zero value once c is closed.
func Receive[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(Patience):
		t.Fatalf("still not received after %v: %s", Patience, what)
		panic("unreachable")
	}
}

// poll returns whether holds returned true in time.
func poll(holds func() bool) bool {
	pause := shortestPause
	for end := time.Now().Add(Patience); !holds(); pause = min(2*pause, longestPause) {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(pause)
	}
	return true
}
