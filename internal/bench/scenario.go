// Package bench has the types and the arithmetic of a load test, without I/O.
//
// A run has scenarios, a scenario has invocations of the Lambda function, and each invocation
// has iterations, in which it sends statements; a statement takes one or more attempts.
//
// Read scenario.go, config.go and plan.go first: the load of a run. attempt.go, timing.go,
// response.go and result.go follow a statement to the driver. Package sum adds the results up
// to the Summary in summary.go (latency.go, quantile.go), and record.go has the whole result:
// look.go the checks of the table, accounts.go and telemetry.go those of the telemetry.
package bench

import "slices"

// Scenario is one of the two kinds of load.
type Scenario string

// The scenarios, by the names they have in a Lambda event.
const (
	Individual Scenario = "individual" // one row a statement
	Batch      Scenario = "batch"      // many rows a statement
)

// Scenarios returns both scenarios in the order in which they run.
func Scenarios() []Scenario { return []Scenario{Individual, Batch} }

// Key returns the scenario's key in config.json and in the results.
func (s Scenario) Key() string {
	if s == Batch {
		return "scenario_2"
	}
	return "scenario_1"
}

// Form is the form of an INSERT: how its text names the rows.
type Form string

// The forms.
const (
	ByValues Form = "values" // INSERT ... VALUES, six parameters a row
	ByUnnest Form = "unnest" // INSERT ... SELECT ... FROM unnest, an array for each column
)

// Forms returns all forms.
func Forms() []Form { return []Form{ByValues, ByUnnest} }

// EventType is a type of event, or Random for an even mix of the four types.
type EventType string

// The event types.
const (
	CarCreated           EventType = "CarCreated"
	LoanCreated          EventType = "LoanCreated"
	LoanPaymentSubmitted EventType = "LoanPaymentSubmitted"
	CarServiceDone       EventType = "CarServiceDone"
	Random               EventType = "random"
)

// EventTypes returns all event types, with Random.
func EventTypes() []EventType {
	return []EventType{CarCreated, LoanCreated, LoanPaymentSubmitted, CarServiceDone, Random}
}

// Known reports whether t is one of EventTypes.
func (t EventType) Known() bool { return slices.Contains(EventTypes(), t) }

// Limits of the database that a plan must keep to.
const (
	// MaxTransactionRows is the largest number of rows that a DSQL transaction may change.
	MaxTransactionRows = 3000
	// MaxParameters is the largest number of bind parameters in the PostgreSQL protocol.
	MaxParameters = 65535
	// RowParameters is the number of parameters for one row of business_events.
	RowParameters = 6
)
