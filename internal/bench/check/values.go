package check

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/strictjson"
)

// What a record may hold. Sums of all numbers within these bounds are finite and
// don't overflow, and milliseconds among them fit a time.Duration.
const (
	maxFigure  = 9_000_000_000_000 // in milliseconds 285 years
	maxTally   = 1_000_000_000_000 // of anything that is counted
	maxKinds   = 1000              // keys of a map
	maxSeconds = 1_000_000_000     // of a scenario's timeline
	maxMemory  = 1 << 60           // bytes
)

// Values reports the first value of a record that was read, in a file's order,
// that no record can have, as a *Fault whose Key is its path. Each number must be
// within bounds, each word known, each histogram whole. What the values say of each
// other, Accounts looks at.
func Values(r *bench.Record) error {
	c := &values{}
	c.value(reflect.ValueOf(r).Elem())
	if c.fault == nil {
		return nil
	}
	return c.fault
}

// values is one look at a record. It stops at the first fault.
type values struct {
	steps   []strictjson.Step
	decoder latency.Decoder
	fault   *bench.Fault
}

func (c *values) must(ok bool, value any, allowed string, args ...any) {
	if !ok && c.fault == nil {
		c.fault = &bench.Fault{Key: strictjson.Path(c.steps), Value: value, Allowed: fmt.Sprintf(allowed, args...)}
	}
}

// in looks at a value one step further down.
func (c *values) in(step strictjson.Step, v reflect.Value) {
	if c.fault != nil {
		return
	}
	c.steps = append(c.steps, step)
	c.value(v)
	c.steps = c.steps[:len(c.steps)-1]
}

func (c *values) value(v reflect.Value) {
	switch at := v.Interface().(type) {
	case time.Time:
		c.must(at.IsZero() || at.Year() >= 1970 && at.Year() < 2200, at.Format(time.RFC3339), "a time of 1970 to 2199")
		return
	case *latency.Snapshot:
		c.snapshot(at)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.value(v.Elem())
		}
	case reflect.Struct:
		c.fields(v)
	case reflect.Slice:
		c.must(c.name() != "thresholds" || v.Len() <= 2*bench.MaxThresholds, fmt.Sprintf("a list of %d", v.Len()), "%d at most", 2*bench.MaxThresholds) // judged, there is one for each scenario
		for i := range v.Len() {
			c.in(strictjson.Step{Index: i}, v.Index(i))
		}
	case reflect.Map:
		c.entries(v)
	case reflect.String:
		c.word(v)
	case reflect.Int, reflect.Int64:
		least, most := c.tallies()
		c.must(v.Int() >= least && v.Int() <= most, v.Int(), "%d to %d", least, most)
	case reflect.Uint64:
		c.must(v.Uint() <= maxMemory, v.Uint(), "0 to %d", int64(maxMemory))
	case reflect.Float64:
		least, most := c.figures()
		c.must(v.Float() >= least && v.Float() <= most, v.Float(), "%.15g to %.15g", least, most)
	}
}

// fields are those of a struct, by their keys.
func (c *values) fields(v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch key := jsonKey(field); {
		case field.Anonymous:
			c.fields(v.Field(i))
		case key != "-":
			c.in(strictjson.Step{Key: key, Index: -1}, v.Field(i))
		}
	}
}

// entries are those of a map by name.
func (c *values) entries(v reflect.Value) {
	c.must(v.Len() <= maxKinds, fmt.Sprintf("an object of %d keys", v.Len()), "%d at most", maxKinds)
	switch all := v.Interface().(type) {
	case map[string]int64:
		for _, key := range slices.Sorted(maps.Keys(all)) {
			c.in(strictjson.Step{Key: key, Index: -1}, reflect.ValueOf(all[key]))
		}
	}
}

func (c *values) snapshot(s *latency.Snapshot) {
	if s == nil {
		return
	}
	if err := c.decoder.Check(s); err != nil {
		c.must(false, "damaged", "a whole histogram: %v", err)
	}
}

// name is the key of the value, or of the list that it is in.
func (c *values) name() string {
	for _, s := range slices.Backward(c.steps) {
		if s.Index < 0 {
			return s.Key
		}
	}
	return ""
}

// tallies are the bounds of a whole number.
func (c *values) tallies() (least, most int64) {
	switch c.name() {
	case "seed":
		return 0, bench.MaxSeed
	case "started_unix_us":
		return 0, LatestUnix * 1_000_000
	case "second":
		return 0, maxSeconds
	}
	return 0, maxTally
}

// figures are the bounds of a number.
func (c *values) figures() (least, most float64) {
	switch c.name() {
	case "value", "limit", "total": // of a threshold or of CloudWatch's, in any unit
		return -math.MaxFloat32, math.MaxFloat32
	case "start_ms": // a function's two clocks may differ by a rounding
		return -1, maxFigure
	}
	if slices.ContainsFunc(c.steps, func(s strictjson.Step) bool { return s.Key == "lambda_throughput" }) {
		return 0, math.MaxFloat32 // rows over next to no time
	}
	return 0, maxFigure
}

// word looks at a text of a type that knows its values.
func (c *values) word(v reflect.Value) {
	var known []string
	switch v.Interface().(type) {
	case bench.Status:
		known = words(bench.Complete, bench.Incomplete, bench.Interrupted, bench.Running, bench.Killed)
	case bench.Target:
		known = words(bench.Local, bench.AWS)
	case bench.Scenario:
		known = append(words(bench.Scenarios()...), "") // of the whole run
	case bench.Word:
		known = words(bench.Valid, bench.Suspect, bench.Invalid, bench.Note)
	case bench.Outcome:
		known = append(words(bench.Acknowledged, bench.Failed, bench.Unknown, bench.NotStarted), "")
	case bench.TimeOf:
		known = append(words(bench.StatementEnd, bench.InvocationSent), "")
	case bench.Format:
		known = words(bench.FormatText, bench.FormatHTML, bench.FormatJSON, bench.FormatCSV, bench.FormatMarkdown, bench.FormatJUnit)
	case bench.EventType:
		known = words(bench.EventTypes()...)
	// Files of before a setting was there don't say it.
	case bench.Verify:
		known = append(words(bench.VerifyFull, bench.VerifyCount, bench.VerifyOff), "")
	case bench.TelemetryMode:
		known = append(words(bench.TelemetryAuto, bench.TelemetryRelay, bench.TelemetryOTLP, bench.TelemetryOff), "")
	case bench.TraceDetail:
		known = append(words(bench.DetailAll, bench.DetailAuto, bench.DetailLogical), "")
	default:
		c.must(c.name() != "environment_id" || v.Len() <= MaxText, fmt.Sprintf("a text of %d bytes", v.Len()), "%d bytes at most", MaxText)
		return
	}
	c.must(slices.Contains(known, v.String()), fmt.Sprintf("%q", v.String()), "one of %s", strings.Trim(strings.Join(known, ", "), ", "))
}

func words[T ~string](all ...T) []string {
	texts := make([]string, len(all))
	for i, w := range all {
		texts[i] = string(w)
	}
	return texts
}
