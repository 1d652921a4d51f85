// Package cleanup removes a run's rows from the table, and no others.
package cleanup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/form"
	"dsql-load-test/internal/verify"
)

// Cleanup is the removal of one run's rows.
type Cleanup struct {
	Config bench.Config
	RunID  string
	Path   string        // of the results file; empty if there is none
	Record *bench.Record // nil if there is none
	Sizes  string        // says where they are from; empty if that was said by whoever asked

	Out, Log io.Writer
	Waiting  func(why error) // is told why the database is asked again
	// Flag names what gave a size its value, for messages: --num-lambdas, or a variable.
	Flag func(flag string) string
}

// Of is the cleanup of a results file. Its writers and functions are the caller's to
// set.
func Of(path string, log io.Writer) (*Cleanup, error) {
	record, err := report.Read(path)
	if err == nil {
		err = report.Ours(path, record)
	}
	if err != nil {
		return nil, err
	}
	if verify.Alive(path, record) {
		return nil, quote.Hint(fmt.Errorf("%s: the run goes on, and writes rows", path), "end it first; nothing was removed")
	}
	if err := verify.Throwaway(path, record); err != nil {
		return nil, err
	}
	noted, _, _ := verify.ReadJournal(report.JournalOf(path), record.Run.Config.Plans(record.Run.ID)) // there is none of a run that is complete
	if verify.Foreign(record, noted) {
		return nil, quote.Hint(fmt.Errorf("%s: which rows are to be removed isn't known: %w", path, verify.ErrForeign),
			"nothing was removed; the original suite's ids begin with load-test-")
	}
	verify.NoteUnidentified(log, record)
	return &Cleanup{Config: record.Run.Config, RunID: record.Run.ID, Path: path, Record: record}, nil
}

// Check returns an error if the database isn't the one that the run wrote to.
func (c *Cleanup) Check(look bench.Look) error {
	if c.Record == nil {
		return nil
	}
	return verify.SameDatabase(c.Log, c.Path, c.Record, look.Database, "nothing was removed")
}

// Run removes the rows. look says when and where. Nothing was removed if it returns an
// error before it printed anything.
func (c *Cleanup) Run(ctx context.Context, db *dsql.DB, look bench.Look) error {
	if c.Sizes != "" {
		fmt.Fprintln(c.Log, quote.Line(c.Sizes))
	}
	plans := c.Config.Plans(c.RunID)
	if p, ok := c.Config.WarmUpPlan(c.RunID); ok {
		plans = append(plans, p)
	}
	did := bench.Cleanup{At: look.At, Host: look.Host, Database: look.Database, Unsure: true, Problem: "it never said how it ended"}
	for _, p := range plans {
		if !p.WarmUp {
			did.Planned += p.Rows()
		}
	}
	if err := c.begin(did); err != nil {
		return err
	}
	failed := c.remove(ctx, db, plans, &did)
	if err := errors.Join(failed, c.end(did)); err != nil {
		return err
	}
	if c.Record != nil { // its sizes are the run's
		return nil
	}
	return c.beyond(ctx, db, plans)
}

// begin notes the removal in the results file, before there is anything to note: it
// may be killed.
func (c *Cleanup) begin(did bench.Cleanup) error {
	if c.Record == nil {
		return nil
	}
	_, _, err := report.Change(c.Path, func(r *bench.Record) error {
		r.Cleanups = append(r.Cleanups, did)
		return nil
	})
	if err != nil {
		return quote.Hint(err, "nothing was removed: the results file must note that first, or driver verify would take the rows for lost")
	}
	return nil
}

// end notes what was removed, and makes again what was made of the results.
func (c *Cleanup) end(did bench.Cleanup) error {
	if c.Record == nil {
		return nil
	}
	_, after, err := report.Change(c.Path, func(r *bench.Record) error {
		for i := range r.Cleanups {
			if r.Cleanups[i].At.Equal(did.At) && r.Cleanups[i].Host == did.Host {
				r.Cleanups[i] = did
			}
		}
		return nil
	})
	if err == nil {
		form.Remake(c.Log, c.Path, c.Record, after)
	}
	return err
}

// remove removes the plans' rows, says how many there were, and notes it in did.
func (c *Cleanup) remove(ctx context.Context, db *dsql.DB, plans []bench.Plan, did *bench.Cleanup) error {
	did.Unsure, did.Problem = false, ""
	var planned, removed int64
	for _, p := range plans {
		n, err := verify.Remove(ctx, db, p, c.Waiting)
		name := string(p.Scenario)
		if p.WarmUp {
			name = "warm-up"
			did.WarmUpRemoved += n
		} else {
			did.Removed += n
		}
		planned, removed = planned+p.Rows(), removed+n
		fmt.Fprintf(c.Out, "%s: %d of %d planned rows removed\n", name, n, p.Rows())
		if err != nil {
			did.Unsure, did.Problem = errors.Is(err, verify.ErrUnsure), err.Error()
			return quote.Hint(err, "%d of the run's rows were removed; run it again to go on", removed)
		}
	}
	if removed == 0 {
		fmt.Fprintf(c.Out, "nothing was removed: none of the %d planned rows is in the table\n", planned)
	} else {
		fmt.Fprintf(c.Out, "in all: %d of %d planned rows removed; none of them is left\n", removed, planned)
	}
	return nil
}
