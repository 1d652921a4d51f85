package invoke

import (
	"context"
	"sync/atomic"

	"golang.org/x/time/rate"

	"dsql-load-test/internal/bench"
)

// pacing keeps a run from opening connections faster than the cluster admits them. Each
// invocation in flight needs a connection; the next one of its lane reuses that. So a lane
// waits once, and stays admitted for the later scenarios.
type pacing struct {
	limiter *rate.Limiter // nil for no limit
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
	_ = p.limiter.Wait(ctx) // fails only when ctx ends, which the caller checks
}
