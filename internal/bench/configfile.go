package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// configFile is config.json: the original suite's keys, then ours. A key that
// is absent keeps the value the Config had.
type configFile struct {
	LambdaFunctionName *string    `json:"lambda_function_name"`
	Region             *string    `json:"region"`
	Scenario1          *fileLoad1 `json:"scenario_1"`
	Scenario2          *fileLoad2 `json:"scenario_2"`
	WarmUpInvocations  *int       `json:"warm_up_invocations"`
	EventType          *EventType `json:"event_type"`
	// Notes for the reader of the file; nothing is taken from them.
	ConfigurableParameters *struct {
		Note                string   `json:"note"`
		AvailableEventTypes []string `json:"available_event_types"`
	} `json:"configurable_parameters"`

	Target      *Target `json:"target"`
	Concurrency *int    `json:"concurrency"`
	Seed        *int64  `json:"seed"`
	Verify      *Verify `json:"verify"`

	Retries           *int           `json:"retries"`
	ConnectRate       *int           `json:"connect_rate"`
	Telemetry         *TelemetryMode `json:"telemetry"`
	TelemetryRequired *bool          `json:"telemetry_required"`
	TraceDetail       *TraceDetail   `json:"trace_detail"`
	SlowMs            *float64       `json:"slow_ms"`
	Thresholds        *[]string      `json:"thresholds"`
	AbortOnFail       *bool          `json:"abort_on_fail"`
	MaxCost           *float64       `json:"max_cost_usd"`
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
func (c *Config) ReadFile(name string, text []byte) error {
	keys, err := JSONKeys(text)
	if err != nil {
		return fmt.Errorf("%s:%w", name, err)
	}
	text = WholeNumbers(text)
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
			c.take(f)
		case !errors.As(err, &wrong):
			faults = append(faults, fmt.Errorf("%s:%s: %w", name, k.At, err))
		case wrong.Field == k.Path: // else it is of a key within
			faults = append(faults, fmt.Errorf("%s:%s: %s", name, k.At, explained(wrong, value[0] == '[' && wrong.Value != "array")))
		}
	}
	return errors.Join(faults...)
}

// valueAt is the value of the key at path in the object text, where JSONKeys met it.
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

func (c *Config) take(f configFile) {
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
		c.Individual.take(l.NumLambdas, l.Iterations, l.InsertsPerIteration, l.Description)
	}
	if l := f.Scenario2; l != nil {
		c.Batch.take(l.NumLambdas, l.Iterations, l.RowsPerBatch, l.Description)
	}
}

func (l *Load) take(lambdas, iterations, count *int, description *string) {
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

// Placed puts line and column before the message of an error that decoding text
// as JSON gave.
func Placed(text []byte, err error) error {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	var wrongTime *time.ParseError
	switch {
	case errors.As(err, &syntax):
		// A Decoder's Token places an error too early; Unmarshal's check doesn't.
		_ = errors.As(json.Unmarshal(text, new(json.RawMessage)), &syntax)
		return fmt.Errorf("%s: not JSON: %w", lineColumn(text, syntax.Offset), err)
	case errors.As(err, &wrongType):
		return fmt.Errorf("%s: %s", lineColumn(text, wrongType.Offset), explained(wrongType, false))
	case errors.As(err, &wrongTime):
		at := bytes.Index(text, []byte(`"`+wrongTime.Value+`"`))
		return fmt.Errorf("%s: %q isn't a time such as 2026-11-23T20:00:00Z", lineColumn(text, int64(at)+1), wrongTime.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: not JSON: the text ends too early", lineColumn(text, int64(len(text))))
	}
	return fmt.Errorf("1:1: %w", err)
}

// explained says in JSON's words, not in Go's, which type was met and which was
// meant. inList: it is an entry of the key's list that is wrong.
func explained(e *json.UnmarshalTypeError, inList bool) string {
	is := map[string]string{"string": "a string", "bool": "true or false", "array": "a list", "object": "an object", "number": "a number"}[e.Value]
	number, ok := strings.CutPrefix(e.Value, "number ")
	if ok {
		is = "the number " + short(number)
	}
	if inList {
		return fmt.Sprintf("%s has %s in its list, must be %s", e.Field, is, wanted(reflect.SliceOf(e.Type)))
	}
	return fmt.Sprintf("%s is %s, must be %s%s", e.Field, is, wanted(e.Type), notTaken(number, e.Type))
}

// notTaken says why a number that is whole isn't taken for one; empty where that
// is plain.
func notTaken(number string, t reflect.Type) string {
	switch {
	case number == "" || wanted(t) != "a whole number" || strings.Contains(number, "."):
		return ""
	case strings.ContainsAny(number, "eE"):
		return " without an exponent"
	case t.Kind() == reflect.Uint64:
		return fmt.Sprintf(" of 0 to %d", uint64(math.MaxUint64))
	}
	return fmt.Sprintf(" within %d to %d", math.MinInt64, math.MaxInt64)
}

// wanted is a type as JSON's reader knows it.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		one := strings.TrimPrefix(strings.TrimPrefix(wanted(t.Elem()), "an "), "a ")
		return "a list of " + one + "s"
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a whole number"
}

// lineColumn is the 1-based place of the byte before offset, as "line:column".
func lineColumn(text []byte, offset int64) string {
	before := text[:max(0, min(offset-1, int64(len(text))))]
	line := bytes.Count(before, []byte("\n"))
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Sprintf("%d:%d", line+1, column+1)
}
