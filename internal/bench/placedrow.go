package bench

import (
	"fmt"
	"slices"
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
	return verb(r.TimeOf) + " " + r.At.UTC().Format("2006-01-02 15:04:05 UTC")
}

func verb(t TimeOf) string {
	if t == InvocationSent {
		return "invocation sent"
	}
	return "statement ended"
}

// PlacedKept is how many rows of a kind a Verification names.
const PlacedKept = 10

// checkPlaced reports the first thing in the named rows that no look at the table of
// these plans can have found, as a *Fault whose Key is its path.
func (v *Verification) checkPlaced(key string, plans []Plan) error {
	for _, list := range []struct {
		name    string
		rows    []PlacedRow
		most    int64
		allowed []Outcome
	}{
		{"lost_rows", v.LostRows, v.Lost, []Outcome{Acknowledged}},
		{"unexpected_rows", v.UnexpectedRows, Known(v.Unexpected), []Outcome{Failed, NotStarted}},
	} {
		if n, most := int64(len(list.rows)), min(list.most, PlacedKept); n > most {
			return &Fault{Key: key + "." + list.name, Value: fmt.Sprintf("a list of %d", n), Allowed: fmt.Sprintf("%d at most", most)}
		}
		for i := range list.rows {
			if fault := list.rows[i].check(plans, list.allowed); fault != nil {
				fault.Key = fmt.Sprintf("%s.%s[%d].%s", key, list.name, i, fault.Key)
				return fault
			}
		}
	}
	if Known(v.Unexpected) > v.UnacknowledgedPresent {
		return &Fault{Key: key + ".unexpected", Value: *v.Unexpected, Allowed: fmt.Sprintf("0 to %d, as unacknowledged_present", v.UnacknowledgedPresent)}
	}
	if !isFileName(v.RowsFile) {
		return &Fault{Key: key + ".rows_file", Value: fmt.Sprintf("%.80q", v.RowsFile), Allowed: "the name of a file beside this one"}
	}
	return nil
}

// check reports the first field that no row of the plans can have.
func (r *PlacedRow) check(plans []Plan, outcomes []Outcome) *Fault {
	if !isUUID(r.ID) {
		return &Fault{Key: "id", Value: fmt.Sprintf("%.80q", r.ID), Allowed: "a UUID"}
	}
	within := func(key string, n, end int) *Fault {
		if n >= 0 && n < end {
			return nil
		}
		return &Fault{Key: key, Value: n, Allowed: fmt.Sprintf("0 to %d, as planned", end-1)}
	}
	for _, p := range plans {
		if p.Scenario != r.Scenario {
			continue
		}
		for _, fault := range []*Fault{
			within("lambda_index", r.Invocation, p.Load.NumLambdas), within("iteration", r.Iteration, p.Load.Iterations), within("row", r.Row, p.Load.Count),
			r.checkKnown(outcomes),
		} {
			if fault != nil {
				return fault
			}
		}
		return nil
	}
	return &Fault{Key: "scenario", Value: fmt.Sprintf("%q", r.Scenario), Allowed: "one that was planned"}
}

// checkKnown looks at what the run knew of the row.
func (r *PlacedRow) checkKnown(outcomes []Outcome) *Fault {
	switch {
	case !slices.Contains(outcomes, r.Outcome):
		return &Fault{Key: "outcome", Value: fmt.Sprintf("%q", r.Outcome), Allowed: "one of " + join(outcomes)}
	case (r.At == nil) != (r.TimeOf == ""):
		return &Fault{Key: "at_is", Value: fmt.Sprintf("%q", r.TimeOf), Allowed: "there with at, and absent without it"}
	}
	return nil
}

// isFileName reports whether text is empty, or names a file in whichever folder.
func isFileName(text string) bool {
	return !strings.ContainsAny(text, "/\\\x00") && text != "." && text != ".." && len(text) <= 255
}

// isUUID reports whether text is one as we write it.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') || !dash && !isHex(text[i:i+1], 1) {
			return false
		}
	}
	return true
}
