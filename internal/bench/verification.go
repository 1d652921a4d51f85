package bench

import "encoding/json"

// Verification is the look at the table after the run.
type Verification struct {
	Mode Verify `json:"mode"`
	// OK: every acknowledged row is there, and every count agrees.
	OK bool `json:"ok"`
	// Problem says what is wrong, or why there was no look; empty when OK.
	Problem string `json:"problem"`
	// Every planned id is in exactly one of the four (mode full).
	AcknowledgedPresent   int64    `json:"acknowledged_present"`
	Lost                  int64    `json:"lost"` // acknowledged and absent
	UnacknowledgedPresent int64    `json:"unacknowledged_present"`
	Absent                int64    `json:"absent"`    // unacknowledged and absent
	LostIDs               []string `json:"lost_ids"`  // the first 10, as LostRows has them
	Present               int64    `json:"present"`   // planned ids found in the table
	IDsAsked              int64    `json:"ids_asked"` // planned ids looked for
	DurationMs            float64  `json:"duration_ms"`
	// RowsBefore and RowsAfter are all rows of the table, whoever wrote them, before
	// the first scenario and after the last one: all that can be asked where the
	// function's ids aren't known (mode count).
	RowsBefore *int64 `json:"rows_before,omitempty"`
	RowsAfter  *int64 `json:"rows_after,omitempty"`
	// Unexpected is the part of UnacknowledgedPresent that isn't of unknown outcome:
	// rows of statements that failed, or that were never started. nil in older files.
	Unexpected *int64 `json:"unexpected,omitempty"`
	// LostRows and UnexpectedRows are the first PlacedKept of each, in the plan's order;
	// LostWhere and UnexpectedWhere say in a line where all of them are.
	LostRows        []PlacedRow `json:"lost_rows,omitempty"`
	LostWhere       string      `json:"lost_where,omitempty"`
	UnexpectedRows  []PlacedRow `json:"unexpected_rows,omitempty"`
	UnexpectedWhere string      `json:"unexpected_where,omitempty"`
	// RowsFile is the file beside the results that lists every one of them; empty when
	// there is none.
	RowsFile string `json:"rows_file,omitempty"`
}

// MarshalJSON writes null for the counts of a look that didn't count them.
func (v Verification) MarshalJSON() ([]byte, error) {
	type plain Verification // without this method
	// A field of the outer struct hides that of the same key in plain. The fields before
	// plain are in the order of the results file; plain adds all others.
	out := struct {
		Mode                  Verify   `json:"mode"`
		OK                    bool     `json:"ok"`
		Problem               string   `json:"problem"`
		AcknowledgedPresent   *int64   `json:"acknowledged_present"`
		Lost                  *int64   `json:"lost"`
		UnacknowledgedPresent *int64   `json:"unacknowledged_present"`
		Absent                *int64   `json:"absent"`
		LostIDs               []string `json:"lost_ids"`
		Present               *int64   `json:"present"`
		plain
	}{Mode: v.Mode, OK: v.OK, Problem: v.Problem, LostIDs: v.LostIDs, plain: plain(v)}
	if v.lookedByID() {
		out.Present = &v.Present
		if v.Mode == VerifyFull {
			out.AcknowledgedPresent, out.Lost, out.UnacknowledgedPresent, out.Absent = &v.AcknowledgedPresent, &v.Lost, &v.UnacknowledgedPresent, &v.Absent
		}
	}
	return json.Marshal(out)
}

// More is how many rows the table has more than before the run; 0 where that wasn't
// counted.
func (v *Verification) More() int64 { return Known(v.RowsAfter) - Known(v.RowsBefore) }

// Looked reports whether the look got as far as to ask for an id, or to count the
// rows. Without one every count is 0 and says nothing.
func (v *Verification) Looked() bool { return v.RowsAfter != nil || v.lookedByID() }

func (v *Verification) lookedByID() bool {
	return v.IDsAsked+v.Present+v.AcknowledgedPresent+v.Lost+v.UnacknowledgedPresent+v.Absent > 0
}
