// Package cleanup removes a run's rows from the table, and no others.
//
// cleanup.go removes them and notes it in the results file; sizes.go checks the sizes of the
// run, which decide which ids its rows have, if they come from flags.
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

// Cleanup is the removal of the rows of one run.
type Cleanup struct {
	Config bench.Config
	RunID  string
	Path   string        // of the results file; empty if there is none
	Record *bench.Record // nil if there is none
	Sizes  string        // a message about the source of the sizes; may be empty

	Out, Log io.Writer
	Waiting  func(why error) // is called with the reason a query is repeated
	// Flag names what gave a size its value, for messages: --num-lambdas, or a variable.
	Flag func(flag string) string
}

// Of returns the cleanup of the run of a results file. The caller must set Out, Log, Waiting
// and Flag.
func Of(path string, log io.Writer) (*Cleanup, error) {
	record, err := report.ReadOurs(path)
	if err != nil {
		return nil, err
	}
	if verify.Alive(path, record) {
		return nil, quote.Hint(fmt.Errorf("%s: the run is still writing rows", path), "end it first; nothing was removed")
	}
	if err := verify.Throwaway(path, record); err != nil {
		return nil, err
	}
	noted, _, _ := verify.ReadJournal(report.JournalOf(path), record.Run.Config.Plans(record.Run.ID)) // a complete run has no journal
	if verify.Foreign(record, noted) {
		return nil, quote.Hint(fmt.Errorf("%s: it isn't known which rows to remove: %w", path, verify.ErrForeign),
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

// Run removes the rows. look has the time and the database. If it returns an error before it
// has printed anything to Out, nothing was removed.
func (c *Cleanup) Run(ctx context.Context, db *dsql.DB, look bench.Look) error {
	if c.Sizes != "" {
		fmt.Fprintln(c.Log, quote.Line(c.Sizes))
	}
	plans := c.Config.Plans(c.RunID)
	did := bench.Cleanup{At: look.At, Host: look.Host, Database: look.Database, Unsure: true, Problem: "it never said how it ended"}
	for _, p := range plans {
		did.Planned += p.Rows()
	}
	if p, ok := c.Config.WarmUpPlan(c.RunID); ok {
		plans = append(plans, p)
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
	remain, err := verify.Beyond(ctx, db, c.RunID, plans, c.Waiting)
	if ctx.Err() != nil {
		return errors.New("stopped before the search for rows of the run beyond the given sizes")
	}
	return beyond(remain, err, c.Flag)
}

// Contradicts returns an error if a size that was given isn't the one in the results file.
func (c *Cleanup) Contradicts(given *bench.Config) error {
	if err := contradictions(given, &c.Config, c.Path); err != nil {
		return quote.Hint(err, "leave it out: the results file says it; nothing was removed")
	}
	return nil
}

// begin notes the removal in the results file before it removes rows, because the process may
// be killed.
func (c *Cleanup) begin(did bench.Cleanup) error {
	_, err := c.change(func(r *bench.Record) { r.Cleanups = append(r.Cleanups, did) })
	if err != nil {
		return quote.Hint(err, "nothing was removed: the results file must note that first, else driver verify would report the rows as lost")
	}
	return nil
}

// end notes what was removed, and updates the reports that were made from the results.
func (c *Cleanup) end(did bench.Cleanup) error {
	after, err := c.change(func(r *bench.Record) {
		for i := range r.Cleanups {
			if r.Cleanups[i].At.Equal(did.At) && r.Cleanups[i].Host == did.Host {
				r.Cleanups[i] = did
			}
		}
	})
	if err == nil && after != nil {
		form.Remake(c.Log, c.Path, c.Record, after)
	}
	return err
}

// change changes the results file, if there is one, and returns its new record.
func (c *Cleanup) change(apply func(*bench.Record)) (after *bench.Record, err error) {
	if c.Record == nil {
		return nil, nil
	}
	_, after, err = report.Change(c.Path, func(r *bench.Record) error {
		apply(r)
		return nil
	})
	return after, err
}

// remove removes the rows of the plans, prints how many there were, and notes it in did.
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
