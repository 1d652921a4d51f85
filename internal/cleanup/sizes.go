package cleanup

import (
	"errors"
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/verify"
)

// contradictions returns an error for each size that was given and isn't the one in the
// results file. A size from a variable is ignored: it may be meant for other commands.
func contradictions(given, is *bench.Config, path string) error {
	var all []error
	size := func(key string, a, b int) {
		origin, ok := given.Origin[key]
		if ok && a != b && !strings.HasPrefix(origin, setting.VariablePrefix) {
			all = append(all, fmt.Errorf("%s = %d: contradicts %s, whose run had %d (%s)", origin, a, path, b, key))
		}
	}
	for _, s := range is.Scenarios { // the other's size had no effect
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
	if origin, ok := given.Origin["scenario"]; ok && !strings.HasPrefix(origin, setting.VariablePrefix) && fmt.Sprint(given.Scenarios) != fmt.Sprint(is.Scenarios) {
		all = append(all, fmt.Errorf("%s = %s: contradicts %s, whose run had %s", origin, bench.Join(given.Scenarios), path, bench.Join(is.Scenarios)))
	}
	return errors.Join(all...)
}

// beyond returns an error if rows of the run remain beyond the sizes that were given. err is
// the error of the search.
func beyond(remain []verify.Remain, err error, flag func(string) string) error {
	if err == nil && len(remain) == 0 {
		return nil
	}
	faults := []error{err}
	for _, r := range remain {
		faults = append(faults, fmt.Errorf("rows of the run remain: %s", tooSmall(r, flag(string(r.Dimension)))))
	}
	return quote.Hint(errors.Join(faults...),
		"run it again with the results file, with --out FOLDER where that is, or with the sizes that the run had")
}

// tooSmall says which size is too small. flag is its source.
func tooSmall(r verify.Remain, flag string) string {
	l, of := r.Plan.Load, string(r.Plan.Scenario)
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
