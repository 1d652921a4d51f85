package bench

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/strictjson"
)

// The largest values that a run accepts. They are far above any real use and catch typing
// mistakes before a run starts.
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

// Fault is an error about one value that isn't allowed.
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

// Shown returns the value for a message, on one line; an empty one is "".
func (f *Fault) Shown() string { return cmp.Or(strictjson.OneLine(fmt.Sprint(f.Value)), `""`) }

// WrongBatch returns the allowed numbers of rows in a batch if n isn't one of them, else "".
func WrongBatch(n int) string {
	if n >= 1 && n <= MaxTransactionRows {
		return ""
	}
	allowed := fmt.Sprintf("1 to %d, the rows that DSQL lets one transaction change", MaxTransactionRows)
	if parameters := n * RowParameters; parameters > MaxParameters {
		allowed += fmt.Sprintf("; %d rows x %d parameters = %d also pass the protocol's limit of %d parameters",
			n, RowParameters, parameters, MaxParameters)
	}
	return allowed
}

// Texts returns values of a text type as strings.
func Texts[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}

// Join returns values as a list in a sentence.
func Join[T ~string](values []T) string { return strings.Join(Texts(values), ", ") }

// Validate returns all faults of an event, joined, each a *Fault.
func (i Invocation) Validate() error {
	var faults []error
	must := func(ok bool, key string, value any, allowed string) {
		if !ok {
			faults = append(faults, &Fault{Key: key, Value: value, Allowed: allowed})
		}
	}
	within := func(key string, value, low, high int) {
		must(value >= low && value <= high, key, value, fmt.Sprintf("%d to %d", low, high))
	}
	must(slices.Contains(Scenarios(), i.Scenario), "scenario", string(i.Scenario), "one of "+Join(Scenarios()))
	if i.Scenario == Batch {
		allowed := WrongBatch(i.Count)
		must(allowed == "", "count", i.Count, allowed)
	} else {
		within("count", i.Count, 1, MaxCount)
	}
	within("iterations", i.Iterations, 1, MaxIterations)
	must(i.EventType.Known(), "event_type", string(i.EventType), "one of "+Join(EventTypes()))
	must(i.Statement == "" || slices.Contains(Forms(), i.Statement), "statement", string(i.Statement), "one of "+Join(Forms()))
	within("retries", i.MaxRetries(), 0, MaxRetries)
	must(i.Index >= 0, "lambda_index", i.Index, "0 or more")
	return errors.Join(faults...)
}
