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

// Verify says how a run checks the table afterwards.
type Verify string

// The ways of verifying.
const (
	VerifyFull  Verify = "full"  // look up every planned id
	VerifyCount Verify = "count" // only count rows
	VerifyOff   Verify = "off"
)

// Config holds the settings that decide what a run does. A flag overrides its environment
// variable, which overrides config.json, which overrides Defaults. Config holds no secret and
// is stored in the results.
type Config struct {
	Target       Target     `json:"target"`
	FunctionName string     `json:"lambda_function_name"`
	Region       string     `json:"region"`
	Scenarios    []Scenario `json:"scenarios"`
	Individual   Load       `json:"scenario_1"`
	Batch        Load       `json:"scenario_2"`
	EventType    EventType  `json:"event_type"`
	Statement    Form       `json:"statement"`
	// WarmUp is by default LoadInFlight, ConnectBurst at most, so that each lane opens its
	// connection in the warm-up.
	WarmUp int `json:"warm_up_invocations"`
	// Concurrency is the largest number of invocations in flight; 0 means all.
	Concurrency int    `json:"concurrency"`
	Seed        int64  `json:"seed"`
	Verify      Verify `json:"verify"`
	// Retries is the number of further attempts of a statement.
	Retries int `json:"retries"`
	// ConnectRate is the number of new connections per second that the cluster admits after
	// ConnectBurst; 0 means no limit.
	ConnectRate int `json:"connect_rate"`
	// NoStream: each answer comes as a whole, at the end of its invocation.
	NoStream bool `json:"no_stream"`
	// Telemetry says how telemetry is sent.
	Telemetry         TelemetryMode `json:"telemetry"`
	TelemetryRequired bool          `json:"telemetry_required"` // lost telemetry makes the run incomplete
	TraceDetail       TraceDetail   `json:"trace_detail"`
	SlowMs            SlowLatency   `json:"slow_ms"` // latency in ms from which a statement counts as slow
	// Thresholds are conditions on the figures, such as "p99<50ms".
	Thresholds  []string `json:"thresholds"`
	AbortOnFail bool     `json:"abort_on_fail"` // end the run as soon as a threshold can no longer be met
	MaxCost     float64  `json:"max_cost_usd"`  // refuse a plan whose estimated cost is higher; 0 means no limit

	// Origin has the source of each key's value for messages, such as "--count" or
	// "config.json:7:5". A key without an origin has its default.
	Origin map[string]string `json:"-"`
}

const (
	// DefaultRetries is the default number of further attempts of a statement.
	DefaultRetries = 5
	// ConnectBurst is the number of connections that a cluster admits at once. After that it
	// admits DefaultConnectRate per second (Aurora DSQL User Guide, "Cluster quotas").
	ConnectBurst       = 1000
	DefaultConnectRate = 100
)

// Load is the size of one scenario.
type Load struct {
	NumLambdas int `json:"num_lambdas"` // invocations
	Iterations int `json:"iterations"`  // of each invocation's loop
	// Count is the number of inserts per iteration (individual) or of rows per batch (batch).
	Count int `json:"count"`
	// Description is the user's text; it may be empty.
	Description string `json:"description"`
}

// MarshalJSON writes null for an unknown size. The files of the original suite lack some
// sizes; 0 stands for them here, because no size of a real run is 0.
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

// Defaults returns the default settings: the original suite's full size, on the local target.
func Defaults() Config {
	return Config{
		Target:       Local,
		FunctionName: "dsql-load-test-lambda",
		Region:       "us-east-1",
		Scenarios:    Scenarios(),
		Individual:   Load{NumLambdas: 1000, Iterations: 10, Count: 1},
		Batch:        Load{NumLambdas: 1000, Iterations: 10, Count: 100},
		EventType:    CarCreated,
		Statement:    ByValues,
		WarmUp:       1000,
		Verify:       VerifyFull,
		Retries:      DefaultRetries,
		ConnectRate:  DefaultConnectRate,
		Telemetry:    TelemetryAuto,
		TraceDetail:  DetailAuto,
		SlowMs:       SlowLatency(DefaultSlow.Milliseconds()),
		Thresholds:   []string{},
		Origin:       map[string]string{},
	}
}

// Load returns the size of scenario s.
func (c *Config) Load(s Scenario) *Load {
	if s == Batch {
		return &c.Batch
	}
	return &c.Individual
}

// byDefault is the result of TargetFrom if no setting chose the target.
const byDefault = "the default"

// TargetFrom returns the source of the target: a flag, a variable, a place in the config
// file, or "the default".
func (c *Config) TargetFrom() string { return cmp.Or(c.Origin["target"], byDefault) }

// ChosenBy returns the result of TargetFrom as a part of a sentence.
func ChosenBy(origin string) string {
	if origin == byDefault {
		return origin
	}
	return "from " + origin
}

// Runs reports whether scenario s was asked for.
func (c *Config) Runs(s Scenario) bool { return slices.Contains(c.Scenarios, s) }

// InFlight returns the largest number of invocations that can be in flight at once, the
// warm-up included.
func (c *Config) InFlight() int { return c.atOnce(max(c.WarmUp, c.LoadInFlight())) }

// LoadInFlight is InFlight without the warm-up.
func (c *Config) LoadInFlight() (most int) {
	for _, s := range c.Scenarios {
		most = max(most, c.Load(s).NumLambdas)
	}
	return c.atOnce(most)
}

// atOnce returns how many of n invocations can be in flight.
func (c *Config) atOnce(n int) int {
	if c.Concurrency > 0 {
		return min(n, c.Concurrency)
	}
	return n
}
