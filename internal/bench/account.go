package bench

import "maps"

// Account says what became of everything that was planned: rows, statements or
// invocations. It always balances, or the run says so and fails.
type Account struct {
	Planned int64 `json:"planned"`
	// Acknowledged: the database confirmed it and the driver knows.
	Acknowledged int64 `json:"acknowledged"`
	// Failed: the database, or the way to it, refused it.
	Failed int64 `json:"failed"`
	// Unknown: it was sent, and no answer came. It may be in the table.
	Unknown int64 `json:"unknown"`
	// NotStarted: it was never sent.
	NotStarted int64 `json:"not_started"`
}

// Balanced reports whether planned = acknowledged + failed + unknown + not started.
func (a Account) Balanced() bool {
	return a.Planned == a.Acknowledged+a.Failed+a.Unknown+a.NotStarted
}

// Complete reports whether all that was planned was acknowledged.
func (a Account) Complete() bool { return a.Planned == a.Acknowledged && a.Balanced() }

// Times is a scaled by n: the account in rows of statements of n rows each.
func (a Account) Times(n int64) Account {
	return Account{n * a.Planned, n * a.Acknowledged, n * a.Failed, n * a.Unknown, n * a.NotStarted}
}

// Add adds o to a.
func (a *Account) Add(o Account) {
	a.Planned += o.Planned
	a.Acknowledged += o.Acknowledged
	a.Failed += o.Failed
	a.Unknown += o.Unknown
	a.NotStarted += o.NotStarted
}

// ByOutcome is the parts of what was planned that aren't 0.
func (a Account) ByOutcome() map[Outcome]int64 {
	parts := map[Outcome]int64{Acknowledged: a.Acknowledged, Failed: a.Failed, Unknown: a.Unknown, NotStarted: a.NotStarted}
	maps.DeleteFunc(parts, func(_ Outcome, n int64) bool { return n == 0 })
	return parts
}

// Count adds n planned items that ended with the given outcome.
func (a *Account) Count(o Outcome, n int64) {
	a.Planned += n
	switch o {
	case Acknowledged:
		a.Acknowledged += n
	case Failed:
		a.Failed += n
	case Unknown:
		a.Unknown += n
	default:
		a.NotStarted += n
	}
}

// NotStored is the kind of the statements that were answered without an error although
// rows of theirs are not in the table. One of which some are there is of unknown outcome.
const NotStored = "not_stored"

// Outcome is what became of one statement or one invocation.
type Outcome string

// The outcomes; Account has a field for each.
const (
	Acknowledged Outcome = "acknowledged"
	Failed       Outcome = "failed"
	Unknown      Outcome = "unknown"
	NotStarted   Outcome = "not_started"
)
