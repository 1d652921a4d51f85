package dsql

import (
	"context"
	"time"

	"dsql-load-test/internal/bench"
)

// connecting measures the steps of opening one connection. A nil connecting
// measures nothing.
type connecting struct {
	recorder *recorder // of the attempt that asked for the connection; may be nil
	start    time.Time
	since    time.Time // start of the current step
	steps    []bench.Timing
}

type connectingKey struct{}

func connectingIn(ctx context.Context) *connecting {
	c, _ := ctx.Value(connectingKey{}).(*connecting)
	return c
}

func (c *connecting) restart() {
	if c != nil {
		c.since = time.Now()
	}
}

// startup ends the step of PostgreSQL's startup, if the connection came that far: the last step
// was a dial or TLS that succeeded.
func (c *connecting) startup(err error) {
	if c == nil || len(c.steps) == 0 {
		return
	}
	if last := c.steps[len(c.steps)-1]; !last.Failed && (last.Phase == bench.Dial || last.Phase == bench.TLS) {
		c.step(bench.Startup, err)
	}
}

// step ends a step; the next one begins where it ended.
func (c *connecting) step(p bench.Phase, err error) {
	if c == nil {
		return
	}
	now := time.Now()
	c.steps = append(c.steps, bench.Timing{Phase: p, Start: c.since, End: now, Failed: err != nil})
	c.since = now
}
