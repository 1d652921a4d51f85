package bench

import (
	"cmp"
	"fmt"
	"time"
)

// Look is one look at the table, with its time and place.
type Look struct {
	At   time.Time `json:"at"`   // its beginning; of an older file's look the end of the run
	Host string    `json:"host"` // the name of the machine that asked; empty when it isn't known
	// Database is the one that was asked; nil in older files.
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
	// Unsure: it was broken off, and more rows may be gone than were counted.
	Unsure  bool   `json:"unsure"`
	Problem string `json:"problem"` // why it came to no end; empty when it did
}

// Emptied reports whether rows that a look at the table would ask for are gone, or
// may be.
func (c *Cleanup) Emptied() bool { return c.Removed > 0 || c.Unsure }

// CleanedUp is the cleanup that tells most of the rows that are missing: the last one
// that came to its end and removed some, else the last that may have; nil without one.
func (r *Record) CleanedUp() (told *Cleanup) {
	for i := range r.Cleanups {
		c := &r.Cleanups[i]
		if c.Emptied() && (c.Problem == "" || told == nil || told.Problem != "") {
			told = c
		}
	}
	return told
}

// AddLook adds a look at the table to those before, and makes Verification the one
// that stands. A look that got nowhere is kept only where there is no other.
func (r *Record) AddLook(l Look) {
	if v := r.Verification; v != nil && v.Looked() && len(r.Looks) == 0 { // a file of before there was a list
		r.Looks = append(r.Looks, Look{At: r.Run.EndedAt, Verification: *v})
	}
	if l.Verification.Looked() {
		r.Looks = append(r.Looks, l)
	} else if len(r.Looks) == 0 {
		r.Verification = &l.Verification
	}
	r.Settle()
}

// Settle makes Verification the look that stands, where there is one.
func (r *Record) Settle() {
	if l := r.Stands(); l != nil {
		v := l.Verification
		r.Verification = &v
	}
}

// Stands is the look that the verdict, the accounts and the thresholds rest on; nil
// without one. A row that was found once was written, so that it is the one that tells
// most for the rows: the most thorough, of those one that found every acknowledged
// row, of those the one that found the most, and else the first.
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
	return cmp.Or(
		cmp.Compare(r.thoroughness(&a), r.thoroughness(&b)),
		cmp.Compare(one(a.OK), one(b.OK)),
		cmp.Compare(a.Present, b.Present),
		cmp.Compare(one(a.Mode == VerifyFull), one(b.Mode == VerifyFull)),
	) > 0
}

// one is 1 for true, so that cmp.Compare orders false before true.
func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// thoroughness is 3 of a look that settled each id, 2 of one that counted, 1 of one
// that was broken off. A count that found every planned id has settled each.
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

// Poorer are the looks that didn't find what the one that stands found.
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

// Where is when a look was, and from which machine.
func (l *Look) Where() string { return timeFrom(l.At, l.Host) }

// String is what a cleanup did.
func (c Cleanup) String() string {
	text := fmt.Sprintf("driver cleanup at %s removed %d of %d planned rows", timeFrom(c.At, c.Host), c.Removed, c.Planned)
	if c.WarmUpRemoved > 0 {
		text += fmt.Sprintf(", and %d of the warm-up", c.WarmUpRemoved)
	}
	switch {
	case c.Unsure:
		text += "; it was broken off, and more may be gone: " + c.Problem
	case c.Problem != "":
		text += "; it was broken off: " + c.Problem
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
