package progress

import (
	"context"
	"sync"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/screen"
)

// Part shows how far the warm-up or one scenario is.
type Part struct {
	display *Display
	plan    bench.Plan
	Sum     *sum.Sum // the caller adds each result to it
	quit    chan struct{}
	done    sync.WaitGroup
	written func(context.Context) (rows int64, err error) // ever written to the table; nil if unknown
	before  int64                                         // value of written at the start

	mu      sync.Mutex // guards the rest; held for moments
	stage   screen.Stage
	start   time.Time
	took    time.Duration // from the first call to the last answer; 0 until it is done
	counted int64         // value of written now, less before
	pace    screen.Pace
}

func newPart(d *Display, p bench.Plan) *Part {
	return &Part{display: d, plan: p, Sum: sum.New(p), quit: make(chan struct{})}
}

// phase returns the phase of the run in which p is executed. It also is the part's name.
func phase(p bench.Plan) screen.Phase {
	if p.WarmUp {
		return screen.WarmingUp
	}
	return screen.Phase(p.Scenario)
}

// view returns how far the part is now: from its sum, the rows that the database counted, and
// the calls in flight.
func (g *Part) view() screen.Part {
	live, now := g.Sum.Live(), time.Now()
	p := screen.Part{
		Name: string(phase(g.plan)), Invocations: g.plan.Load.NumLambdas, Ended: live.Ended, Planned: g.plan.Rows(), Acknowledged: live.Summary.Rows.Acknowledged,
		Errors: live.LostRows, Retries: live.Summary.Retried, Throttles: live.Summary.Throttles,
	}
	// Sum has a lock of its own, so g.mu isn't needed yet.
	g.Sum.Latencies(screen.WindowSeconds, func(all, recent *latency.Histogram) {
		p.Latency, p.Total = percentiles(recent), percentiles(all)
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	p.Stage, p.Written = g.stage, min(max(p.Acknowledged, g.counted), p.Planned)
	switch g.stage {
	case screen.Running:
		p.Elapsed = now.Sub(g.start)
		g.flight(&p, live)
		if g.written == nil {
			g.pace.Add(now, p.Acknowledged)
		}
		p.Recent, p.Window = g.pace.Recent(now, g.written != nil)
	case screen.Done:
		p.Elapsed = g.took
	}
	return p
}

// flight adds the invocations in flight, and the calls that were throttled and whose
// invocations haven't ended yet, so that their results don't count them.
func (g *Part) flight(p *screen.Part, live sum.Live) {
	p.InFlight, p.Limit = min(g.plan.Concurrency, p.Invocations-live.Ended-live.Unsent), g.plan.Concurrency
	g.display.mu.Lock()
	snapshot := g.display.fleet
	g.display.mu.Unlock()
	if snapshot == nil {
		return
	}
	f := snapshot()
	p.InFlight, p.Limit = int(f.InFlight), int(f.Limit)
	n := f.Throttled
	for _, ended := range p.Throttles {
		n -= ended
	}
	if n > 0 {
		p.Throttles["not ended yet"] = n // a copy, which Live made
	}
}

// percentiles copies what is shown: the histogram is only valid within Latencies.
func percentiles(h *latency.Histogram) screen.Percentiles {
	p := screen.Percentiles{Samples: h.Count()}
	if p.Samples > 0 {
		p.P50, p.P99 = h.Percentile(50), h.Percentile(99)
	}
	return p
}
