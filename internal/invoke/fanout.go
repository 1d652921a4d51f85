package invoke

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/relay"
)

// fanout is the state of one Run.
type fanout struct {
	client  *Client
	plan    bench.Plan
	stage   *relay.Stage
	news    News
	results []bench.Result

	window   *window
	refusals refusals
	lanes    []lane
	next     atomic.Int64           // index of the next invocation
	reason   atomic.Pointer[string] // of the last throttle
	giveUp   context.CancelCauseFunc
}

// News says who wants to know what during a Run. The functions are called from many goroutines;
// each may be nil.
type News struct {
	Result func(*bench.Result)
	// Partial gets what an invocation has done so far, which must not be changed.
	Partial func(index int, soFar *bench.Response)
}

// Run sends the plan's invocations, Plan.Concurrency of them in flight and fewer while Lambda
// throttles. It returns one Result each, by index, and how Lambda admitted them. When drain
// ends, Run sends no more and waits for those in flight; when ctx ends, it gives these up too.
// stage, which may be nil, observes each invocation. news gets each Result and each partial answer
// as it comes. A Client does one Run at a time.
func (c *Client) Run(ctx, drain context.Context, p bench.Plan, stage *relay.Stage, news News) ([]bench.Result, *bench.Admission) {
	began := time.Now()
	stop, giveUp := context.WithCancelCause(drain)
	defer giveUp(nil)
	defer context.AfterFunc(ctx, func() { giveUp(nil) })()
	f := &fanout{
		client: c, plan: p, stage: stage, news: news, giveUp: giveUp,
		results: make([]bench.Result, p.Load.NumLambdas), lanes: make([]lane, p.Concurrency), window: newWindow(p.Concurrency),
	}
	c.current.Store(f)
	var lanes, watch sync.WaitGroup
	done := make(chan struct{})
	watch.Go(func() { f.watch(done) })
	f.launch(ctx, stop, &lanes)
	lanes.Wait()
	close(done)
	watch.Wait()
	return f.results, admission(f.window.account(time.Now()), began, f.results)
}

// launch starts the lanes as fast as connections may be opened. It hands out the shared state
// here, from one goroutine: a thousand lanes that each begin by taking a lock would wait for it
// behind those that are sending.
func (f *fanout) launch(ctx, stop context.Context, lanes *sync.WaitGroup) {
	for n := range f.lanes {
		f.client.admit(stop, n)
		if int(f.next.Load()) >= len(f.results) {
			return // nothing is left for a lane to do
		}
		// One context a lane: a call's context locks its parent when it is made and when it ends.
		ctx, cancel := context.WithCancel(ctx)
		l := &f.lanes[n]
		l.permit = f.window.join()
		lanes.Go(func() {
			defer cancel()
			f.follow(ctx, stop, l)
		})
	}
}

// follow sends one invocation after the other until none is left.
func (f *fanout) follow(ctx, stop context.Context, l *lane) {
	for {
		i := int(f.next.Add(1)) - 1
		if i >= len(f.results) {
			break
		}
		f.results[i] = f.one(ctx, stop, l, i)
		l.ended.Add(1)
		if f.news.Result != nil {
			f.news.Result(&f.results[i])
		}
	}
	if l.permit {
		f.window.leave()
	}
}

// watch adjusts the window's limit, and gives up when Lambda admits nothing for too long.
func (f *fanout) watch(done <-chan struct{}) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case now := <-ticker.C:
			f.window.adjust(now)
			if f.window.starved(now) && !f.admitted(now) {
				f.giveUp(starve(*f.reason.Load()))
			}
		}
	}
}

// admitted reports whether a call has been in flight for longer than a refusal takes. Then
// Lambda has admitted it, and the window records that.
func (f *fanout) admitted(now time.Time) bool {
	const refusalTakes = 30 * time.Second
	for i := range f.lanes {
		if at := f.lanes[i].sentAt.Load(); at != 0 && now.UnixNano()-at > refusalTakes.Nanoseconds() {
			f.window.admit()
			return true
		}
	}
	return false
}
