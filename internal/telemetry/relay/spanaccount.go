package relay

import (
	"maps"

	"dsql-load-test/internal/bench"
)

// spanAccount is what became of spans so far, and of the rows on them. It is guarded by
// the lock of the spanRelay that it belongs to.
type spanAccount struct {
	lambda, driver bench.Hop
	accepted       int64 // of the Lambda's, what the collector took from the Lambda itself
	lostRows       int64 // acknowledged rows whose spans were given up or refused
	// resentRows are acknowledged rows whose spans may have been taken once more than
	// told: in an export without an answer, or among those of which some were refused.
	resentRows     int64
	unanswered     int64 // invocations that never answered
	reported       int64 // invocations that answered with telemetry
	unreported     int64 // invocations of our function that answered without
	unreportedRows int64 // that these acknowledged
}

func (a *spanAccount) ledger() bench.Ledger {
	return bench.Ledger{Lambda: a.lambda, Driver: a.driver}
}

func copyOf(h bench.Hop) bench.Hop {
	h.Dropped = maps.Clone(h.Dropped)
	return h
}
