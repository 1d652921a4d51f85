package relay

import (
	"maps"

	"dsql-load-test/internal/bench"
)

// spanAccount is the account of all spans so far, and of the rows on them. It is guarded by
// spanRelay.mu.
type spanAccount struct {
	lambda, driver bench.Hop
	accepted       int64 // the part of lambda that the collector took from the function itself
	lostRows       int64 // acknowledged rows whose spans were given up or refused
	// resentRows are acknowledged rows whose spans the collector may have taken once more than
	// counted here: in an export without an answer, or in one with some refused spans.
	resentRows     int64
	notKept        int64 // spans that the functions left out by rule
	notKeptRows    int64 // acknowledged rows of these statements
	unanswered     int64 // invocations that ended without an answer
	reported       int64 // invocations that answered with telemetry
	unreported     int64 // invocations of our function that answered without telemetry
	unreportedRows int64 // rows that the unreported invocations acknowledged
}

func (a *spanAccount) ledger() bench.Ledger {
	return bench.Ledger{Lambda: a.lambda, Driver: a.driver, NotKept: a.notKept}
}

func copyOf(h bench.Hop) bench.Hop {
	h.Dropped = maps.Clone(h.Dropped)
	return h
}
