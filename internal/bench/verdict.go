package bench

import "slices"

// Word is the verdict on the figures of a run in one word.
type Word string

// The verdicts, from best to worst.
const (
	Valid   Word = "VALID"   // nothing is known that makes the figures wrong
	Suspect Word = "SUSPECT" // read the reasons before using them
	Invalid Word = "INVALID" // don't use them
)

// Note is the severity of a Reason that doesn't change the verdict.
const Note Word = "NOTE"

// Verdict says whether the figures of a run can be trusted.
type Verdict struct {
	Word    Word     `json:"word"`
	Reasons []Reason `json:"reasons"` // worst first
}

// AddSuspect adds a SUSPECT reason after the INVALID ones.
func (v *Verdict) AddSuspect(reason Reason) {
	if v.Word == Valid {
		v.Word = Suspect
	}
	i := 0
	for i < len(v.Reasons) && v.Reasons[i].Severity == Invalid {
		i++
	}
	v.Reasons = slices.Insert(v.Reasons, i, reason)
}

// Reason is one fact that the reader of the figures must know.
type Reason struct {
	Severity Word     `json:"severity"`           // NOTE, SUSPECT or INVALID
	Code     string   `json:"code"`               // stable, such as "rows_lost"
	Scenario Scenario `json:"scenario,omitempty"` // empty: the whole run
	Text     string   `json:"text"`               // one sentence with numbers
}

// ClientLoad is the load of the driver's machine during a scenario, sampled every 100 ms. CPU
// values are shares of all its processors, 0 to 1. Values are null if the scenario was too
// short to sample.
type ClientLoad struct {
	MachineCPUAvg *float64 `json:"machine_cpu_avg"` // all processes
	MachineCPUMax *float64 `json:"machine_cpu_max"` // in the busiest second
	DriverCPUAvg  float64  `json:"driver_cpu_avg"`  // only the driver's process
	// Lag is the delay with which a timer of the driver fired.
	LagP99Ms *float64 `json:"lag_p99_ms"`
	LagMaxMs *float64 `json:"lag_max_ms"`
	// ClockStepMs is the distance that the wall clock moved against the monotonic clock.
	ClockStepMs float64 `json:"clock_step_ms"`
	// Bound: the machine was too busy to send more. Then the throughput is a lower bound, and
	// reports write "at least".
	Bound bool `json:"bound"`
}

// Threshold is a condition on one figure, and whether a run meets it.
type Threshold struct {
	Text     string   `json:"text"`               // as the user wrote it, such as "batch.p99<50ms"
	Scenario Scenario `json:"scenario,omitempty"` // empty for a figure of the whole run
	Figure   string   `json:"figure"`             // such as "p99"
	Operator string   `json:"operator"`           // <, <=, >, >=, == or !=
	Limit    float64  `json:"limit"`              // in Unit
	Unit     string   `json:"unit"`               // such as "ms" or "rows/s"; empty for a plain number
	Value    *float64 `json:"value"`              // in Unit; null if the figure has no value, which fails
	OK       bool     `json:"ok"`
}

// FailedThresholds returns the thresholds that the run doesn't meet.
func (r *Record) FailedThresholds() []Threshold {
	return slices.DeleteFunc(slices.Clone(r.Thresholds), func(t Threshold) bool { return t.OK })
}
