package cleanup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/verify"
)

// variable begins the name of a variable that stands for a flag.
const variable = "DSQLLOAD_"

// Contradicts returns the sizes that were given and aren't those of the results file. A
// variable may be there for other commands, and gives way to the file.
func (c *Cleanup) Contradicts(given *bench.Config) error {
	err := contradictions(given, &c.Config, c.Path)
	if err == nil {
		return nil
	}
	return quote.Hint(err, "leave it out: the results file says it; nothing was removed")
}

// contradictions returns the sizes that were given and aren't those of the results file. A
// variable may be there for other commands, and gives way to the file.
func contradictions(given, is *bench.Config, path string) error {
	var all []error
	size := func(key string, a, b int) {
		origin, ok := given.Origin[key]
		if ok && a != b && !strings.HasPrefix(origin, variable) {
			all = append(all, fmt.Errorf("%s = %d: contradicts %s, whose run had %d (%s)", origin, a, path, b, key))
		}
	}
	for _, s := range is.Scenarios { // the others' sizes had no part in the run
		rows := "inserts_per_iteration"
		if s == bench.Batch {
			rows = "rows_per_batch"
		}
		a, b := given.Load(s), is.Load(s)
		size(s.Key()+".num_lambdas", a.NumLambdas, b.NumLambdas)
		size(s.Key()+".iterations", a.Iterations, b.Iterations)
		size(s.Key()+"."+rows, a.Count, b.Count)
	}
	size("warm_up_invocations", given.WarmUp, is.WarmUp)
	if origin, ok := given.Origin["scenario"]; ok && !strings.HasPrefix(origin, variable) && fmt.Sprint(given.Scenarios) != fmt.Sprint(is.Scenarios) {
		all = append(all, fmt.Errorf("%s = %s: contradicts %s, whose run had %s", origin, joined(given.Scenarios), path, joined(is.Scenarios)))
	}
	return errors.Join(all...)
}

func joined(all []bench.Scenario) string {
	texts := make([]string, len(all))
	for i, s := range all {
		texts[i] = string(s)
	}
	return strings.Join(texts, " and ")
}

// beyond is an error where rows of the run lie beyond the sizes that were given.
func (c *Cleanup) beyond(ctx context.Context, db *dsql.DB, plans []bench.Plan) error {
	remain, err := verify.Beyond(ctx, db, c.RunID, plans, c.Waiting)
	switch {
	case ctx.Err() != nil:
		return errors.New("stopped before it was asked whether rows of the run lie beyond the sizes that were given")
	case err == nil && len(remain) == 0:
		return nil
	}
	faults := []error{err}
	for _, r := range remain {
		faults = append(faults, fmt.Errorf("rows of the run remain: %s", c.beyondFlag(r)))
	}
	return quote.Hint(errors.Join(faults...),
		"run it again with the results file, with --out FOLDER where that is, or with the sizes that the run had")
}

// beyondFlag says which flag is too small.
func (c *Cleanup) beyondFlag(r verify.Remain) string {
	l, of, flag := r.Plan.Load, string(r.Plan.Scenario), c.Flag(string(r.Dimension))
	switch r.Dimension {
	case verify.WarmUps:
		return fmt.Sprintf("%s = %d is too small: warm-up rows of later invocations are there", flag, l.NumLambdas)
	case verify.Scenarios:
		return fmt.Sprintf("%s leaves scenario %s out, whose rows are there", flag, of)
	case verify.Iterations:
		return fmt.Sprintf("%s = %d is too small: rows of later iterations of scenario %s are there", flag, l.Iterations, of)
	case verify.RowsEach:
		return fmt.Sprintf("%s = %d is too small: later rows of an iteration of scenario %s are there", flag, l.Count, of)
	}
	return fmt.Sprintf("%s = %d is too small: rows of later invocations of scenario %s are there", flag, l.NumLambdas, of)
}
