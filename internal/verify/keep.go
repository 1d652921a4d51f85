package verify

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
)

// Keep adds a look at the table to the results file at path. Then it calls rest, which
// updates the parts of the record that depend on the look. It returns the record before and
// after. The error is a *Refused if the rows were removed meanwhile.
func Keep(path string, look *bench.Look, rest func(*bench.Record)) (before, after *bench.Record, err error) {
	v := &look.Verification
	return report.Change(path, func(r *bench.Record) error {
		if missing := acknowledgedIn(r) - v.Present; v.OK && missing > 0 {
			v.OK, v.Problem = false, fmt.Sprintf("%d rows were acknowledged, only %d of the planned ids are in the table", acknowledgedIn(r), v.Present)
		}
		if err := CleanedUp(path, r); err != nil { // meanwhile
			return &Refused{err}
		}
		r.AddLook(*look)
		rest(r)
		if r.Run.Status == bench.Running { // of a killed run whose file was moved
			report.EndKilled(path, r)
		}
		r.EndAgain()
		return nil
	})
}

// Refused is the reason why a run can't be verified.
type Refused struct{ error }

// Unwrap returns the reason.
func (r *Refused) Unwrap() error { return r.error }

// acknowledgedIn returns how many rows the finished scenarios acknowledged.
func acknowledgedIn(r *bench.Record) (n int64) {
	for _, s := range r.Summaries() {
		n += s.Rows.Acknowledged
	}
	return n
}

// NoteStanding writes a note if the verdict rests on another look than this one.
func NoteStanding(log io.Writer, r *bench.Record, look bench.Look) {
	if s := r.Stands(); s != nil && !s.At.Equal(look.At) {
		fmt.Fprintln(log, quote.Line(fmt.Sprintf("the look of %s stands, and the verdict rests on it: this one tells no more, and is listed beside it", s.Where())))
	}
}

// WriteLook prints a look at the table, as text or as JSON.
func WriteLook(w io.Writer, l *bench.Look, asJSON bool) error {
	if !asJSON {
		return report.Verification(w, l)
	}
	// One object: embedding doesn't work, because Verification has a MarshalJSON.
	where, err := json.Marshal(struct {
		At       time.Time       `json:"at"`
		Host     string          `json:"host"`
		Database *bench.Database `json:"database"`
	}{l.At, l.Host, l.Database})
	if err != nil {
		return err
	}
	found, err := json.Marshal(l.Verification)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(quote.JSONWriter(w))
	encoder.SetIndent("", "  ")
	return encoder.Encode(json.RawMessage(string(where[:len(where)-1]) + "," + string(found[1:])))
}
