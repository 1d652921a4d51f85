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

// Keys of a connection string that only pgx knows, and values of default_query_exec_mode.
const (
	poolKey         = "pool_"
	statementsKey   = "statement_cache_capacity"
	descriptionsKey = "description_cache_capacity"
	cacheStatement  = "cache_statement"
	describeExec    = "describe_exec"
)

// checkKeys reports faults in pgx's own keys among the parameters of a connection. It refuses
// those of a pool, because the suite sizes its pools itself.
func checkKeys(parameters map[string]string) error {
	var faults []error
	modes := []string{cacheStatement, failure.CacheDescription, describeExec, "exec", "simple_protocol"}
	mode, given := parameters[failure.ExecModeKey]
	switch {
	case !given:
		mode = cacheStatement
	case !slices.Contains(modes, mode):
		faults = append(faults, fmt.Errorf("%s = %s: must be %s or %s", failure.ExecModeKey, orEmpty(mode), strings.Join(modes[:4], ", "), modes[4]))
	}
	faults = append(faults, checkCapacity(parameters, descriptionsKey, mode, failure.CacheDescription))
	pool := slices.DeleteFunc(slices.Sorted(maps.Keys(parameters)), func(key string) bool { return !strings.HasPrefix(key, poolKey) })
	if len(pool) > 0 {
		faults = append(faults, fmt.Errorf("%s: must be left out of the connection string, because the suite sizes its pools itself", strings.Join(pool, ", ")))
	}
	return errors.Join(append(faults, checkCapacity(parameters, statementsKey, mode, cacheStatement))...)
}

// checkCapacity checks the size of one of pgx's caches, which may be 0 unless mode is user,
// the one that uses the cache.
func checkCapacity(parameters map[string]string, key, mode, user string) error {
	least := 0
	if mode == user {
		least = 1
	}
	text, given := parameters[key]
	if n, err := strconv.ParseInt(text, 10, 32); given && (err != nil || n < int64(least)) {
		return fmt.Errorf("%s = %s: must be %d or more with %s = %s", key, orEmpty(text), least, failure.ExecModeKey, mode)
	}
	return nil
}

// Prepares reports whether pgx prepares statements in this mode of execution.
func Prepares(mode string) bool { return mode == cacheStatement || mode == describeExec }

// orEmpty returns a value as a message shows it.
func orEmpty(value string) string { return cmp.Or(value, `""`) }
