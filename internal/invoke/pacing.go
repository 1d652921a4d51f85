package invoke

import (
	"context"
	"sync/atomic"

	"golang.org/x/time/rate"

	"dsql-load-test/internal/bench"
)

// pacing keeps a run from opening connections faster than the cluster admits
// them. Invocations in flight at once need a connection each; those that follow
// one another find the connection of the one before. So each lane of the
// fan-out waits for its share once, and stays admitted for the scenarios to come.
type pacing struct {
	limiter *rate.Limiter // nil doesn't hold back
	lanes   []atomic.Bool
}

func newPacing(perSecond, lanes int) pacing {
	p := pacing{lanes: make([]atomic.Bool, lanes)}
	if perSecond > 0 {
		p.limiter = rate.NewLimiter(rate.Limit(perSecond), bench.ConnectBurst)
	}
	return p
}

// admit waits until the lane may open its connection, or ctx ends.
func (p *pacing) admit(ctx context.Context, lane int) {
	if p.limiter == nil || lane >= len(p.lanes) || p.lanes[lane].Swap(true) {
		return
	}
	_ = p.limiter.Wait(ctx) // it fails only when ctx ends, which the caller looks at
}
