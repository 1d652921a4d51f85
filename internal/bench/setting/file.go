// Package setting reads what a run was told: flags, variables and config.json.
package setting

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/strictjson"
)

// configFile is config.json: the original suite's keys, then ours. A key that
// is absent keeps the value the Config had.
type configFile struct {
	LambdaFunctionName *string          `json:"lambda_function_name"`
	Region             *string          `json:"region"`
	Scenario1          *fileLoad1       `json:"scenario_1"`
	Scenario2          *fileLoad2       `json:"scenario_2"`
	WarmUpInvocations  *int             `json:"warm_up_invocations"`
	EventType          *bench.EventType `json:"event_type"`
	// Notes for the reader of the file; nothing is taken from them.
	ConfigurableParameters *struct {
		Note                string   `json:"note"`
		AvailableEventTypes []string `json:"available_event_types"`
	} `json:"configurable_parameters"`

	Target      *bench.Target `json:"target"`
	Concurrency *int          `json:"concurrency"`
	Seed        *int64        `json:"seed"`
	Verify      *bench.Verify `json:"verify"`

	Retries           *int                 `json:"retries"`
	ConnectRate       *int                 `json:"connect_rate"`
	Telemetry         *bench.TelemetryMode `json:"telemetry"`
	TelemetryRequired *bool                `json:"telemetry_required"`
	TraceDetail       *bench.TraceDetail   `json:"trace_detail"`
	SlowMs            *float64             `json:"slow_ms"`
	Thresholds        *[]string            `json:"thresholds"`
	AbortOnFail       *bool                `json:"abort_on_fail"`
	MaxCost           *float64             `json:"max_cost_usd"`
}

type fileLoad1 struct {
	NumLambdas          *int    `json:"num_lambdas"`
	Iterations          *int    `json:"iterations"`
	InsertsPerIteration *int    `json:"inserts_per_iteration"`
	Description         *string `json:"description"`
}

type fileLoad2 struct {
	NumLambdas   *int    `json:"num_lambdas"`
	Iterations   *int    `json:"iterations"`
	RowsPerBatch *int    `json:"rows_per_batch"`
	Description  *string `json:"description"`
}

// ReadFile lays the text of a config file over c. name is the file's, for
// messages. Every fault of form is reported at once, with line and column, and
// every key without one is taken; whether the values make sense is Validate's to
// say. Of a text that isn't a JSON object nothing is taken.
func ReadFile(c *bench.Config, name string, text []byte) error {
	keys, err := strictjson.Keys(text)
	if err != nil {
		return fmt.Errorf("%s:%w", name, err)
	}
	text = strictjson.WholeNumbers(text)
	known := fileKeys()
	var faults []error
	for _, k := range keys {
		if !known[k.Path] {
			faults = append(faults, fmt.Errorf("%s:%s: unknown key %q", name, k.At, k.Path))
			continue
		}
		// By itself, for decoding the whole tells of the first wrong type alone.
		var f configFile
		value := valueAt(text, k.Path)
		err := json.Unmarshal(alone(value, k.Path), &f)
		var wrong *json.UnmarshalTypeError
		switch {
		case err == nil:
			c.Origin[k.Path] = name + ":" + k.At
			take(c, f)
		case !errors.As(err, &wrong):
			faults = append(faults, fmt.Errorf("%s:%s: %w", name, k.At, err))
		case wrong.Field == k.Path: // else it is of a key within
			faults = append(faults, fmt.Errorf("%s:%s: %s", name, k.At, strictjson.Explained(wrong, value[0] == '[' && wrong.Value != "array")))
		}
	}
	return errors.Join(faults...)
}

// valueAt is the value of the key at path in the object text, where strictjson.Keys met it.
func valueAt(text json.RawMessage, path string) json.RawMessage {
	for part := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if json.Unmarshal(text, &object) != nil {
			return json.RawMessage("null")
		}
		text = object[part]
	}
	return text
}

// alone is an object that has nothing but value, at path.
func alone(value json.RawMessage, path string) []byte {
	for _, part := range slices.Backward(strings.Split(path, ".")) {
		value = fmt.Appendf(nil, "{%q: %s}", part, value)
	}
	return value
}

func take(c *bench.Config, f configFile) {
	set(&c.FunctionName, f.LambdaFunctionName)
	set(&c.Region, f.Region)
	set(&c.WarmUp, f.WarmUpInvocations)
	set(&c.EventType, f.EventType)
	set(&c.Target, f.Target)
	set(&c.Concurrency, f.Concurrency)
	set(&c.Seed, f.Seed)
	set(&c.Verify, f.Verify)
	set(&c.Retries, f.Retries)
	set(&c.ConnectRate, f.ConnectRate)
	set(&c.Telemetry, f.Telemetry)
	set(&c.TelemetryRequired, f.TelemetryRequired)
	set(&c.TraceDetail, f.TraceDetail)
	set(&c.SlowMs, f.SlowMs)
	set(&c.Thresholds, f.Thresholds)
	set(&c.AbortOnFail, f.AbortOnFail)
	set(&c.MaxCost, f.MaxCost)
	if l := f.Scenario1; l != nil {
		takeLoad(&c.Individual, l.NumLambdas, l.Iterations, l.InsertsPerIteration, l.Description)
	}
	if l := f.Scenario2; l != nil {
		takeLoad(&c.Batch, l.NumLambdas, l.Iterations, l.RowsPerBatch, l.Description)
	}
}

func takeLoad(l *bench.Load, lambdas, iterations, count *int, description *string) {
	set(&l.NumLambdas, lambdas)
	set(&l.Iterations, iterations)
	set(&l.Count, count)
	set(&l.Description, description)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// fileKeys are the paths that config.json may have.
func fileKeys() map[string]bool {
	keys := map[string]bool{}
	for _, path := range strings.Fields(`
		lambda_function_name region warm_up_invocations event_type target concurrency seed verify
		retries connect_rate telemetry telemetry_required trace_detail slow_ms thresholds abort_on_fail max_cost_usd
		scenario_1 scenario_1.num_lambdas scenario_1.iterations scenario_1.inserts_per_iteration scenario_1.description
		scenario_2 scenario_2.num_lambdas scenario_2.iterations scenario_2.rows_per_batch scenario_2.description
		configurable_parameters configurable_parameters.note configurable_parameters.available_event_types`) {
		keys[path] = true
	}
	return keys
}
