// Package bench is the vocabulary and the arithmetic of a load test, without
// I/O: what a run is asked to do (Config, Plan, Invocation), what each
// invocation answered (Response, Result) and what that adds up to (Record).
//
// run > scenario > invocation > iteration > statement > attempt; a statement
// inserts one row (individual) or many rows in one multi-row VALUES (batch).
package bench

import "slices"

// Scenario is one of the two kinds of load.
type Scenario string

// The scenarios, by the names they have in a Lambda event.
const (
	Individual Scenario = "individual" // one row a statement
	Batch      Scenario = "batch"      // many rows a statement
)

// Scenarios are both of them, in the order in which they run.
func Scenarios() []Scenario { return []Scenario{Individual, Batch} }

// Key is the scenario's key in config.json and in the results.
func (s Scenario) Key() string {
	if s == Batch {
		return "scenario_2"
	}
	return "scenario_1"
}

// EventType names a kind of event, or Random for an even mix of the four.
type EventType string

// The event types.
const (
	CarCreated           EventType = "CarCreated"
	LoanCreated          EventType = "LoanCreated"
	LoanPaymentSubmitted EventType = "LoanPaymentSubmitted"
	CarServiceDone       EventType = "CarServiceDone"
	Random               EventType = "random"
)

// EventTypes are all that a run may ask for.
func EventTypes() []EventType {
	return []EventType{CarCreated, LoanCreated, LoanPaymentSubmitted, CarServiceDone, Random}
}

// Known reports whether t is one of EventTypes.
func (t EventType) Known() bool { return slices.Contains(EventTypes(), t) }

// Limits of the database that a plan is held to.
const (
	// MaxTransactionRows is DSQL's limit of rows changed in one transaction.
	MaxTransactionRows = 3000
	// MaxParameters is the PostgreSQL protocol's limit of bind parameters.
	MaxParameters = 65535
	// RowParameters is how many parameters one row of business_events takes.
	RowParameters = 6
)
