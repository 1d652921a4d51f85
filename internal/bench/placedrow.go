package bench

import (
	"fmt"
	"strings"
	"time"
)

// PlacedRow is a planned row for which the run and the table disagree, with its position and
// what the run knows about its insert.
type PlacedRow struct {
	ID         string   `json:"id"`
	Scenario   Scenario `json:"scenario"`
	Invocation int      `json:"lambda_index"`
	Iteration  int      `json:"iteration"`
	Row        int      `json:"row"` // position in the iteration
	// Outcome is the outcome of the row's statement. If it is Acknowledged, the row is lost;
	// otherwise the row is in the table unexpectedly.
	Outcome Outcome `json:"outcome"`
	// Environment is the execution environment of the invocation; nil if unknown.
	Environment *string `json:"environment_id"`
	// At is the time of the event that TimeOf names, in whole seconds; nil if unknown.
	At     *time.Time `json:"at"`
	TimeOf TimeOf     `json:"at_is,omitempty"`
}

// TimeOf names the event whose time a PlacedRow has.
type TimeOf string

// The events. TimeOf is empty if the time is unknown.
const (
	StatementEnd   TimeOf = "statement_end"   // the row's statement ended, by the function's clock
	InvocationSent TimeOf = "invocation_sent" // the row's invocation was sent, by the driver's clock
)

// Place returns the position of the row in words.
func (r *PlacedRow) Place() string {
	return fmt.Sprintf("%s, invocation %d, iteration %d, row %d", r.Scenario, r.Invocation, r.Iteration, r.Row)
}

// When returns the event and its time in words; empty if the time is unknown.
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

// Found returns the fault of the row in words: it is lost, or it is in the table although its
// statement failed or wasn't started.
func (r *PlacedRow) Found() string {
	if r.Outcome == Acknowledged {
		return "lost"
	}
	return strings.ReplaceAll(string(r.Outcome), "_", " ") + ", but in the table"
}

// PlacedKept is the largest number of lost rows, and of unexpected rows, in a Verification.
const PlacedKept = 10
