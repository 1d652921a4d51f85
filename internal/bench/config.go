package bench

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Target says where the function and the database are.
type Target string

// The targets.
const (
	Local Target = "local" // on this machine, started and removed by the run
	AWS   Target = "aws"   // an AWS account's Lambda function and its cluster
)

// Verify says how a run looks at the table afterwards.
type Verify string

// The ways of verifying.
const (
	VerifyFull  Verify = "full"  // ask for every planned id
	VerifyCount Verify = "count" // ask only for the ids' number
	VerifyOff   Verify = "off"
)

// Config is everything a run was told, resolved: flag over environment over
// config.json over Defaults. It holds no secret and is stored in the results.
type Config struct {
	Target       Target     `json:"target"`
	FunctionName string     `json:"lambda_function_name"`
	Region       string     `json:"region"`
	Scenarios    []Scenario `json:"scenarios"`
	Individual   Load       `json:"scenario_1"`
	Batch        Load       `json:"scenario_2"`
	EventType    EventType  `json:"event_type"`
	WarmUp       int        `json:"warm_up_invocations"`
	// Concurrency is how many invocations may be in flight; 0 is all.
	Concurrency int    `json:"concurrency"`
	Seed        int64  `json:"seed"`
	Verify      Verify `json:"verify"`
	// Retries is how many further attempts a statement has.
	Retries int `json:"retries"`
	// ConnectRate is how many new connections a second the cluster admits after
	// its burst; 0 doesn't hold back.
	ConnectRate int `json:"connect_rate"`
	// Telemetry is how the run is observed.
	Telemetry         TelemetryMode `json:"telemetry"`
	TelemetryRequired bool          `json:"telemetry_required"` // lost telemetry fails the run
	TraceDetail       TraceDetail   `json:"trace_detail"`
	SlowMs            float64       `json:"slow_ms"` // statements from this latency on keep their detail
	// Thresholds are demands on the figures, such as "p99<50ms".
	Thresholds  []string `json:"thresholds"`
	AbortOnFail bool     `json:"abort_on_fail"` // a threshold that can't be met any more ends the run
	MaxCost     float64  `json:"max_cost_usd"`  // refuses a plan whose estimate is dearer; 0 is no limit

	// Origin tells where a key's value came from ("--count", "config.json:7:5"),
	// for Validate's messages. A key without one has its default.
	Origin map[string]string `json:"-"`
}

const (
	// DefaultRetries is how many further attempts a statement has.
	DefaultRetries = 5
	// ConnectBurst connections are admitted at once, then DefaultConnectRate a
	// second (Aurora DSQL User Guide, "Cluster quotas").
	ConnectBurst       = 1000
	DefaultConnectRate = 100
)

// Load is the size of one scenario.
type Load struct {
	NumLambdas int `json:"num_lambdas"` // invocations
	Iterations int `json:"iterations"`  // turns of each invocation's loop
	// Count is inserts per iteration (individual) or rows per batch (batch).
	Count int `json:"count"`
	// Description is in the user's own words; empty when there are none.
	Description string `json:"description"`
}

// MarshalJSON writes null for a size that isn't known, as of the original suite's
// files: none of a run is 0.
func (l Load) MarshalJSON() ([]byte, error) {
	known := func(n int) *int {
		if n == 0 {
			return nil
		}
		return &n
	}
	return json.Marshal(struct {
		NumLambdas  *int   `json:"num_lambdas"`
		Iterations  *int   `json:"iterations"`
		Count       *int   `json:"count"`
		Description string `json:"description"`
	}{known(l.NumLambdas), known(l.Iterations), known(l.Count), l.Description})
}

// Defaults are the original suite's full size, on the local target.
func Defaults() Config {
	return Config{
		Target:       Local,
		FunctionName: "dsql-load-test-lambda",
		Region:       "us-east-1",
		Scenarios:    Scenarios(),
		Individual:   Load{NumLambdas: 1000, Iterations: 10, Count: 1},
		Batch:        Load{NumLambdas: 1000, Iterations: 10, Count: 100},
		EventType:    CarCreated,
		WarmUp:       20,
		Verify:       VerifyFull,
		Retries:      DefaultRetries,
		ConnectRate:  DefaultConnectRate,
		Telemetry:    TelemetryAuto,
		TraceDetail:  DetailAuto,
		SlowMs:       100,
		Thresholds:   []string{},
		Origin:       map[string]string{},
	}
}

// Load is the size of scenario s.
func (c *Config) Load(s Scenario) *Load {
	if s == Batch {
		return &c.Batch
	}
	return &c.Individual
}

// byDefault is TargetFrom when nothing chose the target.
const byDefault = "the default"

// TargetFrom returns the origin of the target: a flag, a variable, a place in the config
// file, or "the default".
func (c *Config) TargetFrom() string { return cmp.Or(c.Origin["target"], byDefault) }

// ChosenBy returns an origin from TargetFrom as a part of a sentence.
func ChosenBy(origin string) string {
	if origin == byDefault {
		return origin
	}
	return "from " + origin
}

// Runs reports whether scenario s was asked for.
func (c *Config) Runs(s Scenario) bool { return slices.Contains(c.Scenarios, s) }

// InFlight is the largest number of invocations that can be in flight at once.
func (c *Config) InFlight() int {
	most := c.WarmUp
	for _, s := range c.Scenarios {
		most = max(most, c.Load(s).NumLambdas)
	}
	if c.Concurrency > 0 {
		most = min(most, c.Concurrency)
	}
	return most
}
