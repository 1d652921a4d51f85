package address

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"dsql-load-test/internal/dsql/failure"
)

// pgx's own keys of a connection string, which no server knows, and values of theirs.
const (
	poolKey         = "pool_"
	statementsKey   = "statement_cache_capacity"
	descriptionsKey = "description_cache_capacity"
	cacheStatement  = "cache_statement"
	describeExec    = "describe_exec"
)

// checkKeys reports what is wrong with pgx's own keys among the parameters of a
// connection. Those of a pool are refused: the suite sizes its pools itself.
func checkKeys(parameters map[string]string) error {
	var faults []error
	var pool []string
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		if strings.HasPrefix(key, poolKey) {
			pool = append(pool, key)
		}
	}
	if len(pool) > 0 {
		faults = append(faults, fmt.Errorf("%s: must be left out of the connection string, for the suite sizes its pools itself", strings.Join(pool, ", ")))
	}
	modes := []string{cacheStatement, failure.CacheDescription, describeExec, "exec", "simple_protocol"}
	mode, given := parameters[failure.ExecModeKey]
	switch {
	case !given:
		mode = cacheStatement
	case !slices.Contains(modes, mode):
		faults = append(faults, fmt.Errorf("%s = %s: must be %s or %s", failure.ExecModeKey, orEmpty(mode), strings.Join(modes[:4], ", "), modes[4]))
	}
	for key, needing := range map[string]string{statementsKey: cacheStatement, descriptionsKey: failure.CacheDescription} {
		least := 0
		if mode == needing {
			least = 1
		}
		text, given := parameters[key]
		if n, err := strconv.ParseInt(text, 10, 32); given && (err != nil || n < int64(least)) {
			faults = append(faults, fmt.Errorf("%s = %s: must be %d or more with %s = %s", key, orEmpty(text), least, failure.ExecModeKey, mode))
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
}

// Prepares reports whether pgx prepares statements in this mode of execution.
func Prepares(mode string) bool { return mode == cacheStatement || mode == describeExec }

// orEmpty is a value as a message shows it.
func orEmpty(value string) string { return cmp.Or(value, `""`) }
