package run

import (
	"context"
	"testing"
)

// Two interrupts count as such for the screen whatever brought them about.
func TestInterruptsOf(t *testing.T) {
	ctx, kill := context.WithCancel(context.Background())
	drain, soft := context.WithCancel(ctx)
	count := interruptsOf(ctx, drain)
	if n := count(); n != 0 {
		t.Errorf("%d before any", n)
	}
	soft()
	if n := count(); n != 1 {
		t.Errorf("%d after the first", n)
	}
	kill()
	if n := count(); n != 2 {
		t.Errorf("%d after the second", n)
	}
}
