package bench

import (
	"cmp"
	"slices"
	"strings"
)

// WaitEvents is what the cluster's sessions with a run's application_name did, by Aurora DSQL's
// own sampling: once a second it notes the wait event of every session whose transaction is open.
type WaitEvents struct {
	Application string      `json:"application_name"`
	Problem     string      `json:"problem"` // why there are none, or not all; empty if all are there
	Events      []WaitEvent `json:"events"`  // the most sessions first
}

// WaitEvent is the sessions that were at work (OnCpu) or waited for one thing.
type WaitEvent struct {
	Name string `json:"name"` // as in AWS's documentation
	// Sessions is how many sessions there were on average from From to To of the CloudWatch that
	// has this. A minute without a point counts as 0.
	Sessions float64           `json:"average_active_sessions"`
	Points   []CloudWatchPoint `json:"points"`
}

// Sessions returns the number of sessions of all events. w may be nil.
func (w *WaitEvents) Sessions() (n float64) {
	if w == nil {
		return 0
	}
	for _, e := range w.Events {
		n += e.Sessions
	}
	return n
}

// Missing says that events are missing, and why; empty if all are there.
func (w *WaitEvents) Missing() string {
	switch {
	case w.Problem == "":
		return ""
	case len(w.Events) > 0:
		return "incomplete: " + w.Problem
	}
	return "not available: " + w.Problem
}

// Means says what the event is, in AWS's sense; empty for an unknown one.
func (e *WaitEvent) Means() string {
	return map[string]string{
		"OnCpu":                 "executing on a CPU",
		"ClientRead":            "idle in a transaction, waiting for the client's next message",
		"ClientWrite":           "sending results to the client",
		"SequentialScanRead":    "reading a range of keys from storage",
		"ScatteredBatchRead":    "reading several keys from storage",
		"SingleRead":            "reading one key from storage",
		"UniqueConstraintCheck": "reading storage to check that a key is new",
		"FkExistenceCheck":      "reading storage to check a foreign key",
		"StartTransaction":      "waiting for the transaction to begin",
		"Commit":                "waiting for the commit to be decided",
		"PgSleep":               "pg_sleep",
	}[e.Name]
}

// PhaseShare is how much of some statements' latency a phase took.
type PhaseShare struct {
	Phase string  // of Phases, or Between
	Share float64 // 0 to 1
}

// SlowestPhases returns where the time of the scenario's slowest statements went, the largest
// share first, and the number of them that were observed. Each moment counts for the innermost
// phase.
func (s *Summary) SlowestPhases() (shares []PhaseShare, observed int) {
	sums, whole := map[string]float64{}, 0.0
	for i := range s.Slowest {
		statement := &s.Slowest[i]
		if len(statement.Phases) == 0 {
			continue
		}
		observed++
		latency := float64(statement.LatencyUs) / 1000
		whole += latency
		for name, t := range OwnTime(statement.Phases, latency) {
			sums[name] += t
		}
	}
	for name, t := range sums {
		if whole > 0 {
			shares = append(shares, PhaseShare{name, t / whole})
		}
	}
	slices.SortFunc(shares, func(a, b PhaseShare) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), strings.Compare(a.Phase, b.Phase))
	})
	return shares, observed
}
