package bench

import "slices"

// Word is the verdict on a run's figures in one word.
type Word string

// The verdicts, from best to worst.
const (
	Valid   Word = "VALID"   // nothing known speaks against the figures
	Suspect Word = "SUSPECT" // read the reasons before using them
	Invalid Word = "INVALID" // don't use them
)

// Note is the severity of a Reason that leaves the verdict as it is.
const Note Word = "NOTE"

// Verdict says whether a run's figures can be trusted.
type Verdict struct {
	Word    Word     `json:"word"`
	Reasons []Reason `json:"reasons"` // worst first
}

// AddSuspect adds a SUSPECT reason, after the INVALID ones.
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

// Reason is one thing that the reader must know of the figures.
type Reason struct {
	Severity Word     `json:"severity"`           // NOTE, SUSPECT or INVALID
	Code     string   `json:"code"`               // stable, such as "rows_lost"
	Scenario Scenario `json:"scenario,omitempty"` // empty: of the whole run
	Text     string   `json:"text"`               // one sentence with its figures
}

// ClientLoad is what a scenario cost the machine that the driver ran on, sampled
// every 100 ms. Shares are of all its processors, 0 to 1. What a scenario that
// was over sooner leaves unknown is null.
type ClientLoad struct {
	MachineCPUAvg *float64 `json:"machine_cpu_avg"` // everything that ran there
	MachineCPUMax *float64 `json:"machine_cpu_max"` // in the busiest second
	DriverCPUAvg  float64  `json:"driver_cpu_avg"`  // the driver's process alone
	// Lag is how much later than asked a timer of the driver's fired.
	LagP99Ms *float64 `json:"lag_p99_ms"`
	LagMaxMs *float64 `json:"lag_max_ms"`
	// ClockStepMs is how far the wall clock moved against the monotonic one.
	ClockStepMs float64 `json:"clock_step_ms"`
	// Bound: the machine was too busy to send more, so that the throughput is a
	// lower bound, to be written "at least".
	Bound bool `json:"bound"`
}

// Threshold is a demand on one figure, and whether a run meets it.
type Threshold struct {
	Text     string   `json:"text"`               // as it was given, such as "batch.p99<50ms"
	Scenario Scenario `json:"scenario,omitempty"` // empty: a figure of the whole run
	Figure   string   `json:"figure"`             // such as "p99"
	Operator string   `json:"operator"`           // <, <=, >, >=, == or !=
	Limit    float64  `json:"limit"`              // in Unit
	Unit     string   `json:"unit"`               // such as "ms" or "rows/s"; empty for a plain number
	Value    *float64 `json:"value"`              // in Unit; null when there is none, which fails
	OK       bool     `json:"ok"`
}

// FailedThresholds are those that were not met.
func (r *Record) FailedThresholds() []Threshold {
	return slices.DeleteFunc(slices.Clone(r.Thresholds), func(t Threshold) bool { return t.OK })
}
