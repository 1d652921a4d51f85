package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"dsql-load-test/internal/verify"
)

// Asking returns functions that show how far a verification of scenarios is: how many of the
// planned ids the table was asked for. One goroutine may call Asked.
func (d *Display) Asking(scenarios []verify.Scenario) verify.Progress {
	planned, start := verify.Planned(scenarios), time.Now()
	printed := start
	return verify.Progress{Waiting: d.Waiting(), Asked: func(ids int64) {
		d.mu.Lock()
		d.shown.IDs, d.shown.PlannedIDs = ids, planned
		d.mu.Unlock()
		now := time.Now()
		if now.Sub(printed) < plainEvery || !d.plain() {
			return
		}
		printed = now
		left := time.Duration(float64(now.Sub(start)) * float64(planned-ids) / float64(max(ids, 1)))
		fmt.Fprintf(d, "verifying: %d of %d ids, %s left\n", ids, planned, left.Round(time.Second))
	}}
}

// Waiting returns a function that says why a query is repeated, at most every plainEvery. Many
// goroutines may call it.
func (d *Display) Waiting() func(why error) {
	var mu sync.Mutex
	var printed time.Time
	return func(why error) {
		mu.Lock()
		defer mu.Unlock()
		if d.quiet || time.Since(printed) < plainEvery {
			return
		}
		printed = time.Now()
		first, _, _ := strings.Cut(why.Error(), "\n") // hints are for the final error
		fmt.Fprintf(d, "the database is asked again, for up to %v: %s\n", verify.Patience, first)
	}
}
