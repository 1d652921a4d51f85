package verify

import (
	"fmt"
	"io"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
)

// Alive reports whether the run of a results file is still going on.
func Alive(path string, r *bench.Record) bool {
	return r.Run.Status == bench.Running && report.Alive(path)
}

// Throwaway returns an error if the run's rows are gone because its database was a
// throwaway one.
func Throwaway(path string, r *bench.Record) error {
	if !r.Run.Throwaway() {
		return nil
	}
	return quote.Hint(fmt.Errorf("%s: the run's rows were in a throwaway PostgreSQL, which ended with it", path),
		"a run with --database-url leaves them where they can be looked at")
}

// CleanedUp returns an error if driver cleanup removed the run's rows: a look at the table
// would report them as lost.
func CleanedUp(path string, r *bench.Record) error {
	c := r.CleanedUp()
	if c == nil {
		return nil
	}
	return quote.Hint(fmt.Errorf("%s: the rows were removed, and can't be looked for: %s", path, c),
		"what was found before stands; the results file is as it was")
}

// SameDatabase returns an error if the database isn't the one that the run wrote to, and
// writes a warning if that isn't certain. untouched, for the hint, says what stays as it was.
func SameDatabase(log io.Writer, path string, r *bench.Record, is *bench.Database, untouched string) error {
	written, known := r.WrittenTo()
	if !known {
		fmt.Fprintln(log, quote.Line(fmt.Sprintf("warning: %s doesn't say which database the run wrote to: make sure that it is this one (%s)", path, is)))
		return nil
	}
	differs, sure := written.Same(*is)
	const gone = "the run's rows went with the table that it wrote to; %s"
	switch {
	case differs && madeAnew(written, *is):
		return quote.Hint(fmt.Errorf("%s: the table was made anew after the run: the run wrote to %s; this one is %s", path, written, is), gone, untouched)
	case differs:
		return quote.Hint(fmt.Errorf("%s: the run wrote to another database or table: to %s; this one is %s", path, written, is), "give the database that the run wrote to; %s", untouched)
	case written.TableOID != 0 && is.TableOID == 0:
		return quote.Hint(fmt.Errorf("%s: the table isn't there any more: the run wrote to %s; this one is %s, without %s", path, written, is, dsql.Table), gone, untouched)
	case !sure:
		fmt.Fprintln(log, quote.Line(fmt.Sprintf("warning: whether this is the database that the run wrote to can't be told for sure: the run's is %s; this one is %s", written, is)))
	}
	return nil
}

// madeAnew reports whether then and now are the same database, apart from the table.
func madeAnew(then, now bench.Database) bool {
	then.TableOID, now.TableOID = 0, 0
	differs, sure := then.Same(now)
	return sure && !differs
}
