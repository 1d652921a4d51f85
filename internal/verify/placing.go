package verify

import (
	"time"

	"dsql-load-test/internal/bench"
)

// placing says of rows, which come in the plan's order, where they belong and what
// the run knows of their making.
type placing struct {
	plan             bench.Plan
	lost, unexpected where

	result *bench.Result // of the last row
	asked  bench.Invocation
	// ended counts the statements that ended in the seconds of the answer's timeline
	// before the second'th, and in that one.
	ended  int64
	second int
}

func newPlacing(p bench.Plan) *placing {
	return &placing{plan: p, lost: where{plan: p}, unexpected: where{plan: p}}
}

// place is where the rows belong.
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

// time is the second in which the n-th statement ended, as the answer tells, or else
// that in which the invocation was sent; zero where neither is known. The statements
// of an invocation end one after the other, so the counts of its seconds say in which
// each did.
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
