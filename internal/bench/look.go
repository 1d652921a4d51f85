package bench

import (
	"cmp"
	"fmt"
	"time"
)

// Look is one look at the table after the run, by the run itself or by driver verify.
type Look struct {
	At   time.Time `json:"at"`   // its start; for a look of an older file the end of the run
	Host string    `json:"host"` // the name of the machine that asked; empty when it isn't known
	// Database is the database that was asked; nil in older files.
	Database     *Database    `json:"database,omitempty"`
	Verification Verification `json:"verification"`
}

// Cleanup is one removal of a run's rows by driver cleanup.
type Cleanup struct {
	At       time.Time `json:"at"`
	Host     string    `json:"host"`
	Database *Database `json:"database,omitempty"`
	Planned  int64     `json:"planned"` // rows of the scenarios
	Removed  int64     `json:"removed"` // of those
	// WarmUpRemoved are the rows of the warm-up that were still there.
	WarmUpRemoved int64 `json:"warm_up_rows_removed"`
	// Unsure: it was cut short, and may have removed more rows than it counted.
	Unsure  bool   `json:"unsure"`
	Problem string `json:"problem"` // why it was cut short; empty if it finished
}

// Emptied reports whether it removed, or may have removed, planned rows.
func (c *Cleanup) Emptied() bool { return c.Removed > 0 || c.Unsure }

// CleanedUp returns the cleanup that best explains missing rows: the last finished one
// that removed rows, or else the last one that may have removed rows; nil if there is none.
func (r *Record) CleanedUp() (best *Cleanup) {
	for i := range r.Cleanups {
		c := &r.Cleanups[i]
		if c.Emptied() && (c.Problem == "" || best == nil || best.Problem != "") {
			best = c
		}
	}
	return best
}

// AddLook adds a look at the table and sets Verification to the look that stands. A look
// that asked nothing is kept only if there is no other.
func (r *Record) AddLook(l Look) {
	if v := r.Verification; v != nil && v.Looked() && len(r.Looks) == 0 { // from a file without a list of looks
		r.Looks = append(r.Looks, Look{At: r.Run.EndedAt, Verification: *v})
	}
	if l.Verification.Looked() {
		r.Looks = append(r.Looks, l)
	} else if len(r.Looks) == 0 {
		r.Verification = &l.Verification
	}
	r.Settle()
}

// Settle sets Verification to the look that stands, if there is one.
func (r *Record) Settle() {
	if l := r.Stands(); l != nil {
		r.Verification = new(l.Verification)
	}
}

// Stands returns the look that the verdict, the accounts and the thresholds are based on;
// nil without a look. Because a row that was found once was written, it is the look that
// found most: first by thoroughness, then by finding every acknowledged row, then by the
// number of rows found. Of equal looks it is the first, but mode full comes before count.
func (r *Record) Stands() *Look {
	var best *Look
	for i := range r.Looks {
		if l := &r.Looks[i]; best == nil || r.outweighs(l, best) {
			best = l
		}
	}
	return best
}

func (r *Record) outweighs(l, other *Look) bool {
	a, b := l.Verification, other.Verification
	rank := map[bool]int{false: 0, true: 1}
	return cmp.Or(
		cmp.Compare(r.thoroughness(&a), r.thoroughness(&b)),
		cmp.Compare(rank[a.OK], rank[b.OK]),
		cmp.Compare(a.Present, b.Present),
		cmp.Compare(rank[a.Mode == VerifyFull], rank[b.Mode == VerifyFull]),
	) > 0
}

// thoroughness returns 3 for a look that classified each id, 2 for a count, and 1 for a
// look that was cut short. A count that found every planned id has classified each.
func (r *Record) thoroughness(v *Verification) int {
	switch planned := r.plannedRows(); {
	case v.RowsAfter != nil:
		return 2
	case v.IDsAsked < planned:
		return 1
	case v.Mode == VerifyFull || planned > 0 && v.Present == planned:
		return 3
	}
	return 2
}

func (r *Record) plannedRows() (rows int64) {
	for _, p := range r.Run.Config.Plans(r.Run.ID) {
		rows += p.Rows()
	}
	return rows
}

// Poorer returns the looks that found less than the look that stands, if that is OK.
func (r *Record) Poorer() (looks []Look) {
	stands := r.Stands()
	if stands == nil || !stands.Verification.OK {
		return nil
	}
	for i := range r.Looks {
		if l := r.Looks[i]; &r.Looks[i] != stands && !l.Verification.OK {
			looks = append(looks, l)
		}
	}
	return looks
}

// Where returns the time of a look and the machine that asked.
func (l *Look) Where() string { return timeFrom(l.At, l.Host) }

// String describes a cleanup in a sentence.
func (c Cleanup) String() string {
	text := fmt.Sprintf("driver cleanup at %s removed %d of %d planned rows", timeFrom(c.At, c.Host), c.Removed, c.Planned)
	if c.WarmUpRemoved > 0 {
		text += fmt.Sprintf(", and %d of the warm-up", c.WarmUpRemoved)
	}
	switch {
	case c.Unsure:
		text += "; it was cut short, and more may be gone: " + c.Problem
	case c.Problem != "":
		text += "; it was cut short: " + c.Problem
	}
	return text
}

func timeFrom(at time.Time, host string) string {
	when := at.UTC().Format("2006-01-02 15:04:05 UTC")
	if host == "" {
		return when
	}
	return when + " from " + host
}
