package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"dsql-load-test/internal/verify"
)

// Asking tells of a verification: how many of the planned ids the table was
// asked for. It is called by one goroutine.
func (d *Display) Asking(scenarios []verify.Scenario) verify.Progress {
	planned, start := verify.Planned(scenarios), time.Now()
	told := start
	return verify.Progress{Waiting: d.Waiting(), Asked: func(ids int64) {
		d.mu.Lock()
		d.ids, d.plannedIDs = ids, planned
		d.mu.Unlock()
		now := time.Now()
		if now.Sub(told) < plainEvery || !d.plain() {
			return
		}
		told = now
		left := time.Duration(float64(now.Sub(start)) * float64(planned-ids) / float64(max(ids, 1)))
		fmt.Fprintf(d, "verifying: %d of %d ids, %s left\n", ids, planned, left.Round(time.Second))
	}}
}

// Waiting tells of a database that is asked again, at most every plainEvery. Many
// goroutines call it.
func (d *Display) Waiting() func(why error) {
	var mu sync.Mutex
	var told time.Time
	return func(why error) {
		mu.Lock()
		defer mu.Unlock()
		if d.quiet || time.Since(told) < plainEvery {
			return
		}
		told = time.Now()
		first, _, _ := strings.Cut(why.Error(), "\n") // hints are for those whom it fails
		fmt.Fprintf(d, "the database is asked again, for up to %v: %s\n", verify.Patience, first)
	}
}
