package bench

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/strictjson"
)

// The largest values that a run accepts. They are far above any use and there
// to catch slips of the finger before anything starts.
const (
	MaxLambdas     = 100_000
	MaxIterations  = 1_000_000
	MaxCount       = 100_000
	MaxRows        = 1_000_000_000
	MaxConcurrency = 20_000
	MaxWarmUp      = 10_000
	MaxSeed        = 1<<53 - 1 // exact in every JSON reader
	MaxRetries     = 100
	MaxThresholds  = 1000
	MaxThreshold   = 200 // bytes of one
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
func (f *Fault) Shown() string { return strictjson.OneLine(fmt.Sprint(f.Value)) }

// ValidatePlans is Validate of what Plans and WarmUpPlan are made of alone: a
// record of a run that was planned elsewhere, or long ago, must have that right.
func (c *Config) ValidatePlans() error {
	v := validator{config: c}
	v.within("retries", c.Retries, 0, MaxRetries)
	v.plans()
	return errors.Join(v.faults...)
}

// plans looks at what the plans are made of.
func (v *validator) plans() {
	c := v.config
	v.check("event_type", string(c.EventType), c.EventType.Known(), "one of "+join(EventTypes()))
	v.within("warm_up_invocations", c.WarmUp, 0, MaxWarmUp)
	v.within("concurrency", c.Concurrency, 0, MaxConcurrency)
	v.check("seed", c.Seed, c.Seed >= 0 && c.Seed <= MaxSeed, fmt.Sprintf("0 to %d", int64(MaxSeed)))
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

func (v *validator) within(key string, value, low, high int) {
	v.check(key, value, value >= low && value <= high, fmt.Sprintf("%d to %d", low, high))
}

func (v *validator) oneOf(key, value string, allowed ...string) {
	v.check(key, value, slices.Contains(allowed, value), "one of "+strings.Join(allowed, ", "))
}

func (v *validator) load(s Scenario, l Load) {
	before := len(v.faults)
	v.within(s.Key()+".num_lambdas", l.NumLambdas, 1, MaxLambdas)
	v.within(s.Key()+".iterations", l.Iterations, 1, MaxIterations)
	if s == Batch {
		v.batch(s.Key()+".rows_per_batch", l.Count)
	} else {
		v.within(s.Key()+".inserts_per_iteration", l.Count, 1, MaxCount)
	}
	if len(v.faults) > before {
		return
	}
	rows := int64(l.NumLambdas) * int64(l.Iterations) * int64(l.Count)
	v.check(s.Key(), fmt.Sprintf("%d invocations x %d iterations x %d = %d rows", l.NumLambdas, l.Iterations, l.Count, rows),
		rows <= MaxRows, fmt.Sprintf("at most %d rows", MaxRows))
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
		v.within("count", i.Count, 1, MaxCount)
	}
	v.within("iterations", i.Iterations, 1, MaxIterations)
	v.check("event_type", string(i.EventType), i.EventType.Known(), "one of "+join(EventTypes()))
	v.within("retries", i.MaxRetries(), 0, MaxRetries)
	v.check("lambda_index", i.Index, i.Index >= 0, "0 or more")
	return errors.Join(v.faults...)
}
