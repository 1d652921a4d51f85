package bench

import "encoding/json"

// Verification is the result of a check of the table after the run.
type Verification struct {
	Mode Verify `json:"mode"`
	// OK: every acknowledged row is in the table, and all counts agree.
	OK bool `json:"ok"`
	// Problem says what is wrong, or why the table wasn't checked; empty if OK.
	Problem string `json:"problem"`
	// In mode full, each planned id counts in exactly one of the next four fields.
	AcknowledgedPresent   int64    `json:"acknowledged_present"`
	Lost                  int64    `json:"lost"` // acknowledged and absent
	UnacknowledgedPresent int64    `json:"unacknowledged_present"`
	Absent                int64    `json:"absent"`    // unacknowledged and absent
	LostIDs               []string `json:"lost_ids"`  // the first 10, as in LostRows
	Present               int64    `json:"present"`   // planned ids found in the table
	IDsAsked              int64    `json:"ids_asked"` // planned ids looked for
	DurationMs            float64  `json:"duration_ms"`
	// RowsBefore and RowsAfter are the numbers of all rows in the table before the first
	// scenario and after the last one. Mode count uses them if the row ids of the function
	// are unknown.
	RowsBefore *int64 `json:"rows_before,omitempty"`
	RowsAfter  *int64 `json:"rows_after,omitempty"`
	// Unexpected is the part of UnacknowledgedPresent whose statements failed or weren't
	// started; the others have an unknown outcome. nil in older files.
	Unexpected *int64 `json:"unexpected,omitempty"`
	// LostRows and UnexpectedRows are the first PlacedKept rows of each kind, in the order of
	// the plan. LostWhere and UnexpectedWhere describe in a line where all of them are.
	LostRows        []PlacedRow `json:"lost_rows,omitempty"`
	LostWhere       string      `json:"lost_where,omitempty"`
	UnexpectedRows  []PlacedRow `json:"unexpected_rows,omitempty"`
	UnexpectedWhere string      `json:"unexpected_where,omitempty"`
	// RowsFile is the name of the file, next to the results, that lists all lost and
	// unexpected rows; empty without such a file.
	RowsFile string `json:"rows_file,omitempty"`
}

// MarshalJSON writes null for the counts that the check didn't make.
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

// More returns the number of rows that the table gained during the run; 0 if the rows
// weren't counted.
func (v *Verification) More() int64 { return Known(v.RowsAfter) - Known(v.RowsBefore) }

// Looked reports whether the check looked up an id or counted the rows. If it did neither, its
// counts are 0 and mean nothing.
func (v *Verification) Looked() bool { return v.RowsAfter != nil || v.lookedByID() }

func (v *Verification) lookedByID() bool {
	return v.IDsAsked+v.Present+v.AcknowledgedPresent+v.Lost+v.UnacknowledgedPresent+v.Absent > 0
}
