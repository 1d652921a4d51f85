// Package verify looks at the table after a run: it asks for every planned id
// and sets what is there against what was acknowledged.
package verify

import (
	"context"
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
)

const (
	// Chunk is how many ids one query asks for, below DSQL's limit of rows that
	// a transaction may change, since the removal uses it too.
	Chunk    = 2500
	parallel = 4
	// ahead is how many chunks may be looked at before the first of them is done.
	ahead = 4 * parallel
	// Patience is how long the database is asked again that takes no connection.
	Patience = time.Minute
)

// Progress is told of a look at the table. Its fields may be nil.
type Progress struct {
	// Asked is told now and then how many ids were asked for.
	Asked func(ids int64)
	// Waiting is told why the database is asked again. Many goroutines call it.
	Waiting func(why error)
	// Found is told of each row of which run and table don't say the same, in the
	// plan's order: those lost, and those that are there although their statement
	// failed or was never started.
	Found func([]bench.PlacedRow)
}

// Scenario is what was planned and what came of it.
type Scenario struct {
	Plan    bench.Plan
	Results []bench.Result
}

// row is one planned row.
type row struct {
	id      string
	outcome bench.Outcome // of its statement
	result  *bench.Result // of its invocation
	n       int           // its statement in the invocation
	k       int           // its place in the statement
}

// chunk is what one query asks for, or what came of it.
type chunk struct {
	number int // in the order of the plan
	rows   []row
	counts bench.Verification
	found  []row // of rows
}

// Run asks the database for every planned id of the scenarios. What it finds,
// bad news too, is in the Verification; that it could not ask is there as well.
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
	acknowledged := acknowledgedOf(scenarios)
	var where wheres
	for _, s := range scenarios {
		placing := newPlacing(s.Plan)
		err = addScenario(ctx, db, v, s, tell, placing)
		where.add(placing)
		if err != nil {
			break
		}
	}
	v.LostWhere, v.UnexpectedWhere = where.lost(), where.unexpected()
	v.DurationMs = float64(time.Since(start)) / float64(time.Millisecond)
	v.Problem = problem(v, err, acknowledged)
	v.OK = v.Problem == ""
	return v
}

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

// name keeps the first rows of each kind.
func name(v *bench.Verification, placed []bench.PlacedRow) {
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
