package bench

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The largest values that a run accepts. They are far above any use and there
// to catch slips of the finger before anything starts.
const (
	maxLambdas     = 100_000
	maxIterations  = 1_000_000
	maxCount       = 100_000
	maxRows        = 1_000_000_000
	maxConcurrency = 20_000
	maxWarmUp      = 10_000
	maxSeed        = 1<<53 - 1 // exact in every JSON reader
	maxRetries     = 100
	maxConnectRate = 100_000
	maxSlowMs      = 900_000 // Lambda's longest time-out
	maxCostUSD     = 1_000_000
	maxThresholds  = 1000
	maxThreshold   = 200 // bytes of one
)

// Fault is one value that a run can't work with.
type Fault struct {
	Key     string // "scenario_1.num_lambdas"
	Origin  string // where the value came from; empty for a default
	Value   any
	Allowed string // "1 to 100000"
}

func (f *Fault) Error() string {
	from := ""
	if f.Origin != "" {
		from = " (from " + f.Origin + ")"
	}
	return fmt.Sprintf("%s = %s%s: must be %s", f.Key, f.Shown(), from, f.Allowed)
}

// Shown is the value as a message has it, on one line.
func (f *Fault) Shown() string { return oneLine(fmt.Sprint(f.Value)) }

// Validate reports every fault of c at once, joined, each a *Fault; nil when a
// run can start.
func (c *Config) Validate() error {
	v := validator{config: c}
	v.oneOf("target", string(c.Target), string(Local), string(AWS))
	v.oneOf("verify", string(c.Verify), string(VerifyFull), string(VerifyCount), string(VerifyOff))
	v.within("retries", c.Retries, 0, maxRetries)
	v.within("connect_rate", c.ConnectRate, 0, maxConnectRate)
	v.oneOf("telemetry", string(c.Telemetry), string(TelemetryAuto), string(TelemetryRelay), string(TelemetryOTLP), string(TelemetryOff))
	v.oneOf("trace_detail", string(c.TraceDetail), string(DetailAll), string(DetailAuto), string(DetailLogical))
	v.check("slow_ms", c.SlowMs, c.SlowMs > 0 && c.SlowMs <= maxSlowMs, fmt.Sprintf("above 0, at most %d (15 minutes)", maxSlowMs))
	v.check("telemetry_required", c.TelemetryRequired, !c.TelemetryRequired || c.Telemetry != TelemetryOff, "false when telemetry is off")
	v.check("max_cost_usd", c.MaxCost, c.MaxCost >= 0 && c.MaxCost <= maxCostUSD, fmt.Sprintf("0 (no limit) to %d US dollars", maxCostUSD))
	v.matches("lambda_function_name", c.FunctionName, `^[a-zA-Z0-9:_$.-]{1,170}$`, "a Lambda function's name or ARN")
	v.check("region", c.Region, IsRegion(c.Region), "an AWS region such as us-east-1")
	v.plans()
	v.thresholds()
	return errors.Join(v.faults...)
}

// IsRegion reports whether name can be an AWS region's. That of FIPS endpoints, which
// the SDK takes for one, isn't.
func IsRegion(name string) bool {
	return regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`).MatchString(name) && !strings.Contains(name, "-fips-")
}

// ValidatePlans is Validate of what Plans and WarmUpPlan are made of alone: a
// record of a run that was planned elsewhere, or long ago, must have that right.
func (c *Config) ValidatePlans() error {
	v := validator{config: c}
	v.within("retries", c.Retries, 0, maxRetries)
	v.plans()
	return errors.Join(v.faults...)
}

// plans looks at what the plans are made of.
func (v *validator) plans() {
	c := v.config
	v.check("event_type", string(c.EventType), c.EventType.Known(), "one of "+join(EventTypes()))
	v.within("warm_up_invocations", c.WarmUp, 0, maxWarmUp)
	v.within("concurrency", c.Concurrency, 0, maxConcurrency)
	v.check("seed", c.Seed, c.Seed >= 0 && c.Seed <= maxSeed, fmt.Sprintf("0 to %d", int64(maxSeed)))
	known := len(c.Scenarios) > 0 && len(c.Scenarios) <= len(Scenarios())
	for i, s := range c.Scenarios {
		known = known && slices.Contains(Scenarios(), s) && !slices.Contains(c.Scenarios[:i], s)
	}
	v.check("scenario", join(c.Scenarios[:min(len(c.Scenarios), 10)]), known, "1, 2 or both")
	scenarios := c.Scenarios
	if !known {
		scenarios = Scenarios() // so that their faults are told too
	}
	for _, s := range scenarios {
		v.load(s, *c.Load(s))
	}
}

type validator struct {
	config *Config
	faults []error
}

func (v *validator) check(key string, value any, ok bool, allowed string) {
	if !ok {
		v.faults = append(v.faults, &Fault{Key: key, Origin: v.config.Origin[key], Value: value, Allowed: allowed})
	}
}

func (v *validator) matches(key, value, pattern, allowed string) {
	v.check(key, value, regexp.MustCompile(pattern).MatchString(value), allowed)
}

func (v *validator) within(key string, value, low, high int) {
	v.check(key, value, value >= low && value <= high, fmt.Sprintf("%d to %d", low, high))
}

func (v *validator) oneOf(key, value string, allowed ...string) {
	v.check(key, value, slices.Contains(allowed, value), "one of "+strings.Join(allowed, ", "))
}

func (v *validator) load(s Scenario, l Load) {
	before := len(v.faults)
	v.within(s.Key()+".num_lambdas", l.NumLambdas, 1, maxLambdas)
	v.within(s.Key()+".iterations", l.Iterations, 1, maxIterations)
	if s == Batch {
		v.batch(s.Key()+".rows_per_batch", l.Count)
	} else {
		v.within(s.Key()+".inserts_per_iteration", l.Count, 1, maxCount)
	}
	if len(v.faults) > before {
		return
	}
	rows := int64(l.NumLambdas) * int64(l.Iterations) * int64(l.Count)
	v.check(s.Key(), fmt.Sprintf("%d invocations x %d iterations x %d = %d rows", l.NumLambdas, l.Iterations, l.Count, rows),
		rows <= maxRows, fmt.Sprintf("at most %d rows", maxRows))
}

func (v *validator) batch(key string, rows int) {
	allowed := fmt.Sprintf("1 to %d, the rows that DSQL lets one transaction change", MaxTransactionRows)
	if parameters := rows * RowParameters; parameters > MaxParameters {
		allowed += fmt.Sprintf("; %d rows x %d parameters = %d also pass the protocol's limit of %d parameters",
			rows, RowParameters, parameters, MaxParameters)
	}
	v.check(key, rows, rows >= 1 && rows <= MaxTransactionRows, allowed)
}

func join[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}

// Validate reports every fault of an event at once, joined, each a *Fault.
func (i Invocation) Validate() error {
	v := validator{config: &Config{}}
	v.oneOf("scenario", string(i.Scenario), string(Individual), string(Batch))
	if i.Scenario == Batch {
		v.batch("count", i.Count)
	} else {
		v.within("count", i.Count, 1, maxCount)
	}
	v.within("iterations", i.Iterations, 1, maxIterations)
	v.check("event_type", string(i.EventType), i.EventType.Known(), "one of "+join(EventTypes()))
	v.within("retries", i.MaxRetries(), 0, maxRetries)
	v.check("lambda_index", i.Index, i.Index >= 0, "0 or more")
	return errors.Join(v.faults...)
}
