package invoke

import (
	"context"
	"sync"
	"sync/atomic"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// Run sends the plan's invocations, Plan.Concurrency of them in flight, and
// answers one Result each, by index. When drain is done no further ones are
// sent and those in flight are waited for; when ctx is done these are given up.
// stage, which may be nil, observes each; onResult, which may be nil, is told of
// each as it ends, from many goroutines.
func (c *Client) Run(ctx, drain context.Context, p bench.Plan, stage *telemetry.Stage, onResult func(*bench.Result)) []bench.Result {
	results := make([]bench.Result, p.Load.NumLambdas)
	var next atomic.Int64
	var wg sync.WaitGroup
	for lane := range p.Concurrency {
		wg.Go(func() {
			c.admit(drain, lane)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(results) {
					return
				}
				results[i] = c.one(ctx, drain, p.Invocation(i), stage)
				if onResult != nil {
					onResult(&results[i])
				}
			}
		})
	}
	wg.Wait()
	return results
}
