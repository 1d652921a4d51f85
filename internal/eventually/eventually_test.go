package eventually

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// recorder keeps the message that a wait fails with.
type recorder struct {
	testing.TB
	said string
}

func (*recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// outcome returns the message of a wait, which is empty if it succeeded, and how long
// the wait took.
func outcome(wait func(testing.TB)) (said string, took time.Duration) {
	r, begun, done := &recorder{}, time.Now(), make(chan struct{})
	go func() {
		defer close(done)
		wait(r)
	}()
	<-done
	return r.said, time.Since(begun)
}

func TestWaits(t *testing.T) {
	for _, c := range []struct {
		name string
		wait func(t testing.TB, begun time.Time)
		said string
		took time.Duration
	}{
		{"true at once", func(t testing.TB, _ time.Time) { True(t, "x", func() bool { return true }) }, "", 0},
		{"true later", func(t testing.TB, begun time.Time) {
			True(t, "x", func() bool { return time.Since(begun) >= time.Second })
		}, "", time.Second},
		{"never true", func(t testing.TB, _ time.Time) { True(t, "x", func() bool { return false }) }, "still not so after 1m0s: x", Patience},
		{"no error later", func(t testing.TB, begun time.Time) {
			Nil(t, func() error {
				if time.Since(begun) < time.Second {
					return errors.New("early")
				}
				return nil
			})
		}, "", time.Second},
		{"always an error", func(t testing.TB, _ time.Time) { Nil(t, func() error { return errors.New("y") }) }, "still after 1m0s: y", Patience},
		{"nothing received", func(t testing.TB, _ time.Time) { Receive(t, "z", make(chan int)) }, "still not received after 1m0s: z", Patience},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				said, took := outcome(func(tb testing.TB) { c.wait(tb, begun) })
				if said != c.said || took < c.took || took > c.took+longestPause {
					t.Errorf("said %q after %v, want %q after %v", said, took, c.said, c.took)
				}
			})
		})
	}
}

func TestReceive(t *testing.T) {
	c := make(chan int, 1)
	c <- 7
	if got := Receive(t, "a number", c); got != 7 {
		t.Errorf("received %d, want 7", got)
	}
	close(c)
	if got := Receive(t, "the end", c); got != 0 {
		t.Errorf("received %d from a closed channel, want 0", got)
	}
}
