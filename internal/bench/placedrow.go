package bench

import (
	"fmt"
	"strings"
	"time"
)

// PlacedRow is a planned row of which the run and the table don't say the same, with
// its place and what the run knows of its making.
type PlacedRow struct {
	ID         string   `json:"id"`
	Scenario   Scenario `json:"scenario"`
	Invocation int      `json:"lambda_index"`
	Iteration  int      `json:"iteration"`
	Row        int      `json:"row"` // position in the iteration
	// Outcome is its statement's, as the run knew it: one that was acknowledged is
	// lost, any other is in the table and not expected there.
	Outcome Outcome `json:"outcome"`
	// Environment is the execution environment that had the invocation; nil where the
	// run doesn't know.
	Environment *string `json:"environment_id"`
	// At is the second of TimeOf; nil where the run doesn't know one.
	At     *time.Time `json:"at"`
	TimeOf TimeOf     `json:"at_is,omitempty"`
}

// TimeOf says what the time of a PlacedRow is of.
type TimeOf string

// What a time can be of; empty without one.
const (
	StatementEnd   TimeOf = "statement_end"   // its statement ended, by the function's clock
	InvocationSent TimeOf = "invocation_sent" // its invocation was sent, by the driver's clock
)

// Place is where the row belongs, in words.
func (r *PlacedRow) Place() string {
	return fmt.Sprintf("%s, invocation %d, iteration %d, row %d", r.Scenario, r.Invocation, r.Iteration, r.Row)
}

// When is its time with what that is of, in words; empty where it isn't known.
func (r *PlacedRow) When() string {
	if r.At == nil {
		return ""
	}
	event := "statement ended "
	if r.TimeOf == InvocationSent {
		event = "invocation sent "
	}
	return event + r.At.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Found says what is wrong with the row: it is lost, or it is in the table although its
// statement failed or wasn't started.
func (r *PlacedRow) Found() string {
	if r.Outcome == Acknowledged {
		return "lost"
	}
	return strings.ReplaceAll(string(r.Outcome), "_", " ") + ", but in the table"
}

// PlacedKept is how many rows of a kind a Verification names.
const PlacedKept = 10
