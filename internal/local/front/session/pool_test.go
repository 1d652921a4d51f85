package session

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"dsql-load-test/internal/eventually"
)

func TestPoolIsFair(t *testing.T) {
	g, _ := stubGroup(t)
	p := g.pool
	p.max = 1
	held, err := p.acquire()
	if err != nil {
		t.Fatal(err)
	}
	order := make(chan int, 5)
	for i := range cap(order) {
		go func() {
			s, err := p.acquire()
			if err != nil {
				t.Error(err)
				return
			}
			order <- i
			s.broken = i == 2 // the next one gets a new connection
			p.release(s)
		}()
		eventually.True(t, fmt.Sprintf("%d wait", i+1), func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return len(p.waiting) == i+1
		})
	}
	p.release(held)
	for i := range cap(order) {
		if got := eventually.Receive(t, fmt.Sprintf("turn %d", i), order); got != i {
			t.Errorf("turn %d went to %d", i, got)
		}
	}
}

// A session doesn't wait for ever for a connection, and one that gave up takes
// none from the next.
func TestPoolWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pool{max: 1, busy: 1, patience: time.Minute}
		began := time.Now()
		if _, err := p.acquire(); !errors.Is(err, errNoConnection) || time.Since(began) != time.Minute {
			t.Errorf("%v after %v, want %v after a minute", err, time.Since(began), errNoConnection)
		}
		if len(p.waiting) != 0 {
			t.Errorf("%d still wait", len(p.waiting))
		}
	})
}

// BenchmarkPool lends few connections to many sessions.
func BenchmarkPool(b *testing.B) {
	g, _ := stubGroup(b)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s, err := g.pool.acquire()
			if err != nil {
				b.Error(err)
				return
			}
			runtime.Gosched()
			g.pool.release(s)
		}
	})
}
