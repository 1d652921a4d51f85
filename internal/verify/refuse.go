package verify

import (
	"fmt"
	"io"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
)

// Alive reports whether the run of a results file still goes on.
func Alive(path string, r *bench.Record) bool {
	return r.Run.Status == bench.Running && report.Alive(path)
}

// Throwaway is an error of a run whose rows are nowhere any more.
func Throwaway(path string, r *bench.Record) error {
	if !r.Run.Throwaway() {
		return nil
	}
	return quote.Hint(fmt.Errorf("%s: the run's rows were in a throwaway PostgreSQL, which ended with it", path),
		"a run with --database-url leaves them where they can be looked at")
}

// CleanedUp is an error of a run whose rows driver cleanup removed: a look at the
// table would call them lost.
func CleanedUp(path string, r *bench.Record) error {
	c := r.CleanedUp()
	if c == nil {
		return nil
	}
	return quote.Hint(fmt.Errorf("%s: the rows were removed, and can't be looked for: %s", path, c),
		"what was found before stands; the results file is as it was")
}

// SameDatabase is an error where the database isn't the one that the run wrote to.
// It warns where that can't be told. untouched says what the error leaves as it was.
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

// madeAnew reports whether two tables are of one database.
func madeAnew(then, now bench.Database) bool {
	then.TableOID, now.TableOID = 0, 0
	differs, sure := then.Same(now)
	return sure && !differs
}
