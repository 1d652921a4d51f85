package session

import (
	"fmt"
	"testing"

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
