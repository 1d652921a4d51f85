package check

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/strictjson"
)

// Limits of a record. Sums of all numbers within these limits are finite and don't overflow,
// and numbers of milliseconds fit a time.Duration.
const (
	maxFigure  = 9_000_000_000_000 // 285 years in milliseconds
	maxTally   = 1_000_000_000_000 // of a count
	maxKinds   = 1000              // keys of a map
	maxSeconds = 1_000_000_000     // of a scenario's timeline
	maxMemory  = 1 << 60           // bytes
)

// Values reports the first value of a record that no record can have, in the order of
// the file, as a *Fault whose Key is its path. Each number must be within its bounds,
// each word known and each histogram intact. Accounts checks whether the values agree
// with each other.
func Values(r *bench.Record) error {
	c := &values{words: knownWords()}
	c.visit = c.check
	c.value(reflect.ValueOf(r).Elem())
	if c.fault == nil {
		return nil
	}
	return c.fault
}

// values is one check of a record. It stops at the first fault.
type values struct {
	walk
	words   map[reflect.Type][]string // by type of a text
	decoder latency.Decoder
	fault   *bench.Fault
}

func (c *values) must(ok bool, value any, allowed string, args ...any) {
	if !ok && c.fault == nil {
		c.fault = &bench.Fault{Key: strictjson.Path(c.steps), Value: value, Allowed: fmt.Sprintf(allowed, args...)}
	}
}

// check checks one value. It reports whether the values in it are to be checked too.
func (c *values) check(v reflect.Value) bool {
	if c.fault != nil {
		return false
	}
	switch at := v.Interface().(type) {
	case time.Time:
		c.must(at.IsZero() || at.Year() >= 1970 && at.Year() < 2200, at.Format(time.RFC3339), "a time of 1970 to 2199")
		return false
	case *latency.Snapshot:
		c.snapshot(at)
		return false
	case bench.SlowLatency:
		if at.Auto() {
			return false
		}
	}
	switch v.Kind() {
	case reflect.Slice: // a threshold can have a result for each scenario
		c.must(c.name() != "thresholds" || v.Len() <= 2*bench.MaxThresholds, fmt.Sprintf("a list of %d", v.Len()), "%d at most", 2*bench.MaxThresholds)
	case reflect.Map:
		c.must(v.Len() <= maxKinds, fmt.Sprintf("an object of %d keys", v.Len()), "%d at most", maxKinds)
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
	return c.fault == nil
}

func (c *values) snapshot(s *latency.Snapshot) {
	if s == nil {
		return
	}
	if err := c.decoder.Check(s); err != nil {
		c.must(false, "damaged", "a whole histogram: %v", err)
	}
}

// name returns the key of the current value, or of the list that it is in.
func (c *values) name() string {
	for _, s := range slices.Backward(c.steps) {
		if s.Index < 0 {
			return s.Key
		}
	}
	return ""
}

// tallies returns the limits of the current whole number, both included.
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

// figures returns the limits of the current number, both included.
func (c *values) figures() (least, most float64) {
	switch c.name() {
	case "value", "limit", "total": // of a threshold or of CloudWatch, in any unit
		return -math.MaxFloat32, math.MaxFloat32
	case "start_ms": // a function's two clocks may differ by a rounding
		return -1, maxFigure
	}
	if slices.ContainsFunc(c.steps, func(s strictjson.Step) bool { return s.Key == "lambda_throughput" }) {
		return 0, math.MaxFloat32 // rows divided by a time close to 0
	}
	return 0, maxFigure
}

// word checks a text. knownWords has the values of its type; an environment's id may be any
// short text.
func (c *values) word(v reflect.Value) {
	known, ok := c.words[v.Type()]
	if !ok {
		c.must(c.name() != "environment_id" || v.Len() <= MaxText, fmt.Sprintf("a text of %d bytes", v.Len()), "%d bytes at most", MaxText)
		return
	}
	c.must(slices.Contains(known, v.String()), fmt.Sprintf("%q", v.String()), "one of %s", strings.Trim(strings.Join(known, ", "), ", "))
}

// knownWords returns the values of each text type that has a fixed set of them. An empty
// scenario stands for the whole run. The other types that allow an empty text are those of
// fields that may be missing, such as settings that older versions didn't have.
func knownWords() map[reflect.Type][]string {
	return map[reflect.Type][]string{
		reflect.TypeFor[bench.Status]():        words(bench.Complete, bench.Incomplete, bench.Interrupted, bench.Running, bench.Killed),
		reflect.TypeFor[bench.Target]():        words(bench.Local, bench.AWS),
		reflect.TypeFor[bench.Scenario]():      words(append(bench.Scenarios(), "")...),
		reflect.TypeFor[bench.Word]():          words(bench.Valid, bench.Suspect, bench.Invalid, bench.Note),
		reflect.TypeFor[bench.Outcome]():       words(bench.Acknowledged, bench.Failed, bench.Unknown, bench.NotStarted, ""),
		reflect.TypeFor[bench.TimeOf]():        words(bench.StatementEnd, bench.InvocationSent, ""),
		reflect.TypeFor[bench.Format]():        words(bench.FormatText, bench.FormatHTML, bench.FormatJSON, bench.FormatCSV, bench.FormatMarkdown, bench.FormatJUnit),
		reflect.TypeFor[bench.EventType]():     words(bench.EventTypes()...),
		reflect.TypeFor[bench.Form]():          words(append(bench.Forms(), "")...),
		reflect.TypeFor[bench.Verify]():        words(bench.VerifyFull, bench.VerifyCount, bench.VerifyOff, ""),
		reflect.TypeFor[bench.TelemetryMode](): words(bench.TelemetryAuto, bench.TelemetryRelay, bench.TelemetryOTLP, bench.TelemetryOff, ""),
		reflect.TypeFor[bench.TraceDetail]():   words(bench.DetailAll, bench.DetailAuto, bench.DetailLogical, ""),
	}
}

func words[T ~string](all ...T) []string { return bench.Texts(all) }
