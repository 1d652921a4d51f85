package bench

import "maps"

// Account says what happened to all planned rows, statements or invocations. It must
// balance: a run with an unbalanced account is INVALID.
type Account struct {
	Planned int64 `json:"planned"`
	// Acknowledged: the database confirmed it, and the driver received the confirmation.
	Acknowledged int64 `json:"acknowledged"`
	// Failed: it was certainly not stored.
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

// Complete reports whether everything planned was acknowledged.
func (a Account) Complete() bool { return a.Planned == a.Acknowledged && a.Balanced() }

// Times returns a scaled by n: an account of statements becomes one of their rows.
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

// ByOutcome returns the counts that aren't 0.
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

// NotStored is the error kind of statements that the database confirmed although rows of
// them are not in the table. If some of the rows are there, the outcome is Unknown.
const NotStored = "not_stored"

// Outcome says how one statement or one invocation ended.
type Outcome string

// The outcomes; Account has a field for each.
const (
	Acknowledged Outcome = "acknowledged"
	Failed       Outcome = "failed"
	Unknown      Outcome = "unknown"
	NotStarted   Outcome = "not_started"
)
