package bench

// Plan is what one scenario (or the warm-up) of a run will do. It is made from
// a Config alone; everything that happens is set against it.
type Plan struct {
	RunID       string
	Seed        int64
	Scenario    Scenario
	WarmUp      bool
	EventType   EventType
	Load        Load
	Retries     int // further attempts of a statement
	Concurrency int // invocations in flight at most
}

// Plans are the scenarios of a run, in the order in which they run.
func (c *Config) Plans(runID string) []Plan {
	plans := make([]Plan, len(c.Scenarios))
	for i, s := range c.Scenarios {
		plans[i] = c.plan(runID, s, *c.Load(s))
	}
	return plans
}

// WarmUpPlan is one insert in each of the warm-up invocations; ok is false when
// the run has none.
func (c *Config) WarmUpPlan(runID string) (p Plan, ok bool) {
	p = c.plan(runID, Individual, Load{NumLambdas: c.WarmUp, Iterations: 1, Count: 1})
	p.WarmUp = true
	return p, c.WarmUp > 0
}

func (c *Config) plan(runID string, s Scenario, l Load) Plan {
	inFlight := l.NumLambdas
	if c.Concurrency > 0 {
		inFlight = min(inFlight, c.Concurrency)
	}
	return Plan{RunID: runID, Seed: c.Seed, Scenario: s, EventType: c.EventType, Load: l, Retries: c.Retries, Concurrency: inFlight}
}

// Invocation is the event of the plan's i-th invocation, 0 <= i < NumLambdas.
func (p Plan) Invocation(i int) Invocation {
	inv := Invocation{
		Scenario: p.Scenario, Count: p.Load.Count, Iterations: p.Load.Iterations,
		EventType: p.EventType, Index: i,
		RunID: p.RunID, Seed: p.Seed, WarmUp: p.WarmUp,
	}
	if p.Retries != DefaultRetries {
		inv.Retries = &p.Retries
	}
	return inv
}

// Rows is the number of planned rows.
func (p Plan) Rows() int64 { return int64(p.Load.NumLambdas) * p.Invocation(0).Rows() }

// Statements is the number of planned statements.
func (p Plan) Statements() int64 {
	return int64(p.Load.NumLambdas) * int64(p.Invocation(0).Statements())
}

// Invocation is the Lambda function's event: the original suite's fields, then
// ours, all optional.
type Invocation struct {
	Scenario   Scenario  `json:"scenario"`
	Count      int       `json:"count"` // inserts per iteration, or rows per batch
	Iterations int       `json:"iterations"`
	EventType  EventType `json:"event_type"`
	Index      int       `json:"lambda_index"`

	// RunID is the run's ULID. The function makes one up when it is empty.
	RunID string `json:"run_id,omitempty"`
	Seed  int64  `json:"seed,omitempty"`
	// WarmUp keeps the row ids apart from those of the measured scenarios.
	WarmUp bool `json:"warm_up,omitempty"`
	// Retries is how many further attempts a statement has after a failure that
	// passes by itself; nil is DefaultRetries.
	Retries *int `json:"retries,omitempty"`
	// Telemetry says how the invocation is observed; nil leaves it to the
	// function's environment.
	Telemetry *TelemetryRequest `json:"telemetry,omitempty"`
}

// MaxRetries is the further attempts that each of its statements has.
func (i Invocation) MaxRetries() int {
	if i.Retries == nil {
		return DefaultRetries
	}
	return *i.Retries
}

// Statements is how many statements the invocation sends when nothing stops it.
func (i Invocation) Statements() int {
	if i.Scenario == Batch {
		return i.Iterations
	}
	return i.Iterations * i.Count
}

// RowsPerStatement is how many rows each of its statements inserts.
func (i Invocation) RowsPerStatement() int {
	if i.Scenario == Batch {
		return i.Count
	}
	return 1
}

// Rows is how many rows the invocation inserts when nothing stops it.
func (i Invocation) Rows() int64 { return int64(i.Statements()) * int64(i.RowsPerStatement()) }

// Place is the iteration of the invocation's n-th statement, n from 0, and the
// position of that statement's first row within the iteration.
func (i Invocation) Place(n int) (iteration, row int) {
	if i.Scenario == Batch {
		return n, 0
	}
	return n / i.Count, n % i.Count
}
