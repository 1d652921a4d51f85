package bench

import "time"

// Plan describes the load of one scenario, or of the warm-up. It depends only on a Config.
// Results are compared with it.
type Plan struct {
	RunID       string
	Seed        int64
	Scenario    Scenario
	WarmUp      bool
	EventType   EventType
	Statement   Form // empty means ByValues
	Load        Load
	Retries     int // most further attempts of a statement
	Concurrency int // most invocations in flight at once
}

// Plans returns a plan for each scenario of a run, in the order in which they run.
func (c *Config) Plans(runID string) []Plan {
	plans := make([]Plan, len(c.Scenarios))
	for i, s := range c.Scenarios {
		plans[i] = c.plan(runID, s, *c.Load(s))
	}
	return plans
}

// WarmUpHold is how long an invocation of the warm-up keeps its environment and its connection
// after its statement. Otherwise the next invocation would use the same ones, and fewer lanes
// would have a connection when the scenarios start.
const WarmUpHold = 500 * time.Millisecond

// WarmUpPlan returns the plan of the warm-up: one insert per invocation. ok is false if the
// run has no warm-up.
func (c *Config) WarmUpPlan(runID string) (p Plan, ok bool) {
	p = c.plan(runID, Individual, Load{NumLambdas: c.WarmUp, Iterations: 1, Count: 1})
	p.WarmUp = true
	return p, c.WarmUp > 0
}

func (c *Config) plan(runID string, s Scenario, l Load) Plan {
	return Plan{RunID: runID, Seed: c.Seed, Scenario: s, EventType: c.EventType, Statement: c.Statement, Load: l, Retries: c.Retries, Concurrency: c.atOnce(l.NumLambdas)}
}

// Invocation returns the event for invocation i of the plan, 0 <= i < NumLambdas.
func (p Plan) Invocation(i int) Invocation {
	inv := Invocation{
		Scenario: p.Scenario, Count: p.Load.Count, Iterations: p.Load.Iterations,
		EventType: p.EventType, Index: i,
		RunID: p.RunID, Seed: p.Seed, WarmUp: p.WarmUp,
	}
	if p.Statement != ByValues {
		inv.Statement = p.Statement
	}
	if p.Retries != DefaultRetries {
		inv.Retries = &p.Retries
	}
	return inv
}

// Rows returns the number of planned rows.
func (p Plan) Rows() int64 { return int64(p.Load.NumLambdas) * p.Invocation(0).Rows() }

// Statements returns the number of planned statements.
func (p Plan) Statements() int64 {
	return int64(p.Load.NumLambdas) * int64(p.Invocation(0).Statements())
}

// Invocation is the event that the Lambda function receives: the fields of the original
// suite, then those of this one, which are optional.
type Invocation struct {
	Scenario   Scenario  `json:"scenario"`
	Count      int       `json:"count"` // inserts per iteration, or rows per batch
	Iterations int       `json:"iterations"`
	EventType  EventType `json:"event_type"`
	Index      int       `json:"lambda_index"`

	// RunID is the run's ULID. If it is empty, the function generates one.
	RunID string `json:"run_id,omitempty"`
	Seed  int64  `json:"seed,omitempty"` // of the random values in the rows
	// WarmUp gives the rows other ids than those of the measured scenarios.
	WarmUp bool `json:"warm_up,omitempty"`
	// Statement is the form of the statements; empty means ByValues.
	Statement Form `json:"statement,omitempty"`
	// Retries is the number of further attempts of a statement after a failure that may not
	// happen again; nil means DefaultRetries.
	Retries *int `json:"retries,omitempty"`
	// Stream asks for an answer that begins before the work ends: a Partial each second, then
	// the Reply. Functions that are older than the field ignore it.
	Stream bool `json:"stream,omitempty"`
	// Telemetry says how telemetry is sent; if it is nil, the function's environment decides.
	Telemetry *TelemetryRequest `json:"telemetry,omitempty"`
}

// MaxRetries returns the largest number of further attempts of each statement.
func (i Invocation) MaxRetries() int {
	if i.Retries == nil {
		return DefaultRetries
	}
	return *i.Retries
}

// Statements returns the number of planned statements of the invocation.
func (i Invocation) Statements() int {
	if i.Scenario == Batch {
		return i.Iterations
	}
	return i.Iterations * i.Count
}

// RowsPerStatement returns the number of rows that each statement inserts.
func (i Invocation) RowsPerStatement() int {
	if i.Scenario == Batch {
		return i.Count
	}
	return 1
}

// Rows returns the number of planned rows of the invocation.
func (i Invocation) Rows() int64 { return int64(i.Statements()) * int64(i.RowsPerStatement()) }

// Place returns the iteration of statement n, counted from 0, and the position of the
// statement's first row within that iteration.
func (i Invocation) Place(n int) (iteration, row int) {
	if i.Scenario == Batch {
		return n, 0
	}
	return n / i.Count, n % i.Count
}

// NumberAt returns the number of the statement at a place, from 0: the reverse of Place.
func (i Invocation) NumberAt(iteration, row int) int {
	if i.Scenario == Batch {
		return iteration + row
	}
	return iteration*i.Count + row
}
