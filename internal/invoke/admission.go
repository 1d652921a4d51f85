package invoke

import (
	"context"
	"sync/atomic"

	"golang.org/x/time/rate"

	"dsql-load-test/internal/bench"
)

// admission keeps a run from opening connections faster than the cluster admits
// them. Invocations in flight at once need a connection each; those that follow
// one another find the connection of the one before. So each lane of the
// fan-out waits for its share once, and stays admitted for the scenarios to come.
type admission struct {
	limiter *rate.Limiter // nil doesn't hold back
	lanes   []atomic.Bool
}

func newAdmission(perSecond, lanes int) admission {
	a := admission{lanes: make([]atomic.Bool, lanes)}
	if perSecond > 0 {
		a.limiter = rate.NewLimiter(rate.Limit(perSecond), bench.ConnectBurst)
	}
	return a
}

// admit waits until the lane may open its connection, or ctx ends.
func (a *admission) admit(ctx context.Context, lane int) {
	if a.limiter == nil || lane >= len(a.lanes) || a.lanes[lane].Swap(true) {
		return
	}
	_ = a.limiter.Wait(ctx) // it fails only when ctx ends, which the caller looks at
}
