package verify

import (
	"time"

	"dsql-load-test/internal/bench"
)

// placing finds the place of rows in the plan, and when and where they were written. Rows
// must come in the plan's order.
type placing struct {
	plan             bench.Plan
	lost, unexpected where

	result *bench.Result // of the last row
	asked  bench.Invocation
	// ended is how many statements ended up to and including timeline[second] of the
	// response.
	ended  int64
	second int
}

func newPlacing(p bench.Plan) *placing {
	return &placing{plan: p, lost: where{plan: p}, unexpected: where{plan: p}}
}

// place returns the rows with their places, and adds them to the summary lines.
func (p *placing) place(found []row) []bench.PlacedRow {
	placed := make([]bench.PlacedRow, len(found))
	for i, r := range found {
		placed[i] = p.one(r)
		if r.outcome == bench.Acknowledged {
			p.lost.add(r.n, &placed[i])
		} else {
			p.unexpected.add(r.n, &placed[i])
		}
	}
	return placed
}

func (p *placing) one(r row) bench.PlacedRow {
	if p.result != r.result {
		p.result, p.asked, p.ended, p.second = r.result, p.plan.Invocation(r.result.Index), 0, -1
	}
	iteration, first := p.asked.Place(r.n)
	placed := bench.PlacedRow{
		ID: r.id, Scenario: p.plan.Scenario, Invocation: r.result.Index, Iteration: iteration, Row: first + r.k, Outcome: r.outcome,
	}
	if a := r.result.Response; a != nil && a.EnvironmentID != "" {
		placed.Environment = &a.EnvironmentID
	}
	if at, of := p.time(r.n, iteration, first); !at.IsZero() {
		at = at.UTC().Truncate(time.Second)
		placed.At, placed.TimeOf = &at, of
	}
	return placed
}

// time returns the second in which the n-th statement ended, or else the time at which the
// invocation was sent; zero if neither is known. The statements of an invocation end in
// order, so the response's counts per second show in which second each of them ended.
func (p *placing) time(n, iteration, row int) (time.Time, bench.TimeOf) {
	if a := p.result.Response; a != nil {
		for p.ended <= int64(n) && p.second+1 < len(a.Timeline) {
			p.second++
			p.ended += a.Timeline[p.second].Statements
		}
		if p.ended > int64(n) {
			return time.Unix(a.Timeline[p.second].Unix, 0), bench.StatementEnd
		}
		for _, s := range a.Slowest {
			if s.Iteration == iteration && s.Row == row {
				return time.UnixMicro(s.StartedUs + s.LatencyUs), bench.StatementEnd
			}
		}
	}
	return p.result.Sent, bench.InvocationSent
}
