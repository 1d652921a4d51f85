// Package verify looks at the table after a run: it asks the database for every planned
// id and compares the rows that are there with those that were acknowledged.
//
// Read verify.go first (Run), then scenario.go and chunk.go: ids are asked for in chunks,
// in parallel. placing.go and whereline.go say where the rows belong that the run and the
// table disagree about. journal.go and readjournal.go keep the outcome of each invocation
// for a run whose driver is killed; known.go turns it, or a complete record, into
// Scenarios. beyond.go and remove.go serve driver cleanup.
package verify

import (
	"context"
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
)

const (
	// Chunk is how many ids one query asks for. Remove deletes in the same chunks, so it
	// stays below DSQL's limit of rows that a transaction may change.
	Chunk    = 2500
	parallel = 4
	// ahead is how many chunks may be finished or under way before the first of them is
	// counted. It bounds memory.
	ahead = 4 * parallel
	// Patience is how long a query is repeated while the database takes no connection.
	Patience = time.Minute
)

// Progress has callbacks for a look at the table. Each may be nil.
type Progress struct {
	// Asked is called now and then with the number of ids asked for so far.
	Asked func(ids int64)
	// Waiting is called with the reason before a query is repeated, by many goroutines.
	Waiting func(why error)
	// Found is called with the rows that run and table disagree about, in the plan's
	// order: lost rows, and rows that are there although their statement failed or was
	// never started.
	Found func([]bench.PlacedRow)
}

// Scenario is the plan of a scenario and the result of each of its invocations.
type Scenario struct {
	Plan    bench.Plan
	Results []bench.Result
}

// uniform returns a Scenario in which every invocation has the same outcome.
func uniform(p bench.Plan, outcome bench.Outcome) Scenario {
	s := Scenario{Plan: p, Results: make([]bench.Result, p.Load.NumLambdas)}
	for i := range s.Results {
		s.Results[i] = bench.Result{Index: i, Outcome: outcome}
	}
	return s
}

// row is one planned row.
type row struct {
	id      string
	outcome bench.Outcome // of its statement
	result  *bench.Result // of its invocation
	n       int           // its statement in the invocation
	k       int           // its place in the statement
}

// chunk is the rows of one query and, afterwards, the answer.
type chunk struct {
	rows   []row
	counts bench.Verification
	found  []row // the rows that run and table disagree about
}

// Run asks the database for every planned id of the scenarios. All that it finds is in
// the Verification, also the error if it could not ask.
func Run(ctx context.Context, db *dsql.DB, mode bench.Verify, scenarios []Scenario, tell Progress) *bench.Verification {
	if tell.Asked == nil {
		tell.Asked = func(int64) {}
	}
	if tell.Found == nil {
		tell.Found = func([]bench.PlacedRow) {}
	}
	start := time.Now()
	v := &bench.Verification{Mode: mode, LostIDs: []string{}}
	if mode == bench.VerifyFull {
		v.Unexpected = new(int64)
	}
	var err error
	var lost, unexpected []string
	for _, s := range scenarios {
		p := newPlacing(s.Plan)
		err = addScenario(ctx, db, v, s, tell, p)
		lost, unexpected = append(lost, p.lost.text()), append(unexpected, p.unexpected.text())
		if err != nil {
			break
		}
	}
	v.LostWhere, v.UnexpectedWhere = join(lost, "; "), join(unexpected, "; ")
	v.DurationMs = float64(time.Since(start)) / float64(time.Millisecond)
	v.Problem = problem(v, err, acknowledgedOf(scenarios))
	v.OK = v.Problem == ""
	return v
}

// acknowledgedOf returns the number of rows that the invocations acknowledged.
func acknowledgedOf(scenarios []Scenario) (rows int64) {
	for _, s := range scenarios {
		for _, r := range s.Results {
			rows += r.Rows(s.Plan.Invocation(r.Index)).Acknowledged
		}
	}
	return rows
}

func problem(v *bench.Verification, err error, acknowledged int64) string {
	switch {
	case err != nil:
		return fmt.Sprintf("could not look at the table: %v", err)
	case v.Mode == bench.VerifyCount && v.Present < acknowledged:
		return fmt.Sprintf("%d rows acknowledged, only %d of the planned ids are in the table", acknowledged, v.Present)
	case v.Mode == bench.VerifyCount:
		return ""
	case v.Lost > 0:
		return fmt.Sprintf("%d acknowledged rows are not in the table (%s)", v.Lost, v.LostWhere)
	case v.AcknowledgedPresent != acknowledged:
		return fmt.Sprintf("%d rows acknowledged, %d of them found by id", acknowledged, v.AcknowledgedPresent)
	}
	return ""
}

func add(v *bench.Verification, part bench.Verification) {
	v.IDsAsked += part.IDsAsked
	v.Present += part.Present
	v.AcknowledgedPresent += part.AcknowledgedPresent
	v.UnacknowledgedPresent += part.UnacknowledgedPresent
	v.Lost += part.Lost
	v.Absent += part.Absent
}

// keepFirst adds rows to the lists of lost and unexpected rows, up to bench.PlacedKept of
// each, and counts the unexpected ones.
func keepFirst(v *bench.Verification, placed []bench.PlacedRow) {
	for _, r := range placed {
		list := &v.LostRows
		if r.Outcome != bench.Acknowledged {
			list = &v.UnexpectedRows
			*v.Unexpected++
		}
		if len(*list) == bench.PlacedKept {
			continue
		}
		*list = append(*list, r)
		if r.Outcome == bench.Acknowledged {
			v.LostIDs = append(v.LostIDs, r.ID)
		}
	}
}
