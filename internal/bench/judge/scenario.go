package judge

import (
	"fmt"
	"strconv"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// Limits beyond which a measurement lowers the verdict or adds a note.
const (
	boundCPU      = 0.90 // share of all processors; at or above it, the machine may limit the load
	boundLagMs    = 100  // 99th percentile of the delay of the driver's timers
	clockStepMs   = 50   // step of the wall clock during a scenario, which places seconds and spans
	clockOffsetMs = 1000 // between the clocks of function and driver, which the timeline mixes
	overheadShare = 0.10 // share of the function's own time in the median latency
)

// Saturated reports whether the driver's machine was too busy to send more.
func Saturated(c *bench.ClientLoad) bool {
	return atLeast(c.MachineCPUAvg, boundCPU) || atLeast(c.LagP99Ms, boundLagMs)
}

// Limits returns which limits of the driver's machine were reached, by name: cpu and timers. It
// is nil if the machine wasn't watched.
func Limits(c *bench.ClientLoad) map[string]bool {
	if c == nil {
		return nil
	}
	return map[string]bool{"cpu": c.Bound && atLeast(c.MachineCPUAvg, boundCPU), "timers": c.Bound && atLeast(c.LagP99Ms, boundLagMs)}
}

// atLeast and above return false for an unknown value.
func atLeast(v *float64, limit float64) bool { return v != nil && *v >= limit }
func above(v *float64, limit float64) bool   { return v != nil && *v > limit }

// limits says how busy the machine was, without unknown values.
func limits(c *bench.ClientLoad) string {
	var parts []string
	if c.MachineCPUAvg != nil {
		parts = append(parts, fmt.Sprintf("CPU %.0f %%", 100**c.MachineCPUAvg))
	}
	if c.LagP99Ms != nil {
		parts = append(parts, fmt.Sprintf("timers %.0f ms late", *c.LagP99Ms))
	}
	return strings.Join(parts, ", ")
}

// scenario judges one scenario.
func (j *judging) scenario(s *bench.Summary) {
	j.of = s.Scenario
	defer func() { j.of = "" }()
	if j.record.NotRun(s) {
		j.add(true, bench.Note, "not_run", "not run: the run was stopped before its turn")
		return
	}
	a := s.Rows
	j.add(!a.Balanced(), bench.Invalid, "rows_unbalanced", "the rows don't balance: %+v", a)
	j.add(a.Acknowledged == 0, bench.Invalid, "nothing_acknowledged", "no row was acknowledged: there is nothing to measure")
	j.add(a.Acknowledged > 0 && a.Acknowledged < a.Planned, bench.Suspect, "rows_missing", "%d of %d rows were not acknowledged (%d failed, %d unknown, %d not started)",
		a.Planned-a.Acknowledged, a.Planned, a.Failed, a.Unknown, a.NotStarted)
	for _, e := range s.ErrorsByKind {
		j.add(e.Kind == bench.NotStored, bench.Invalid, "rows_not_stored", "%d statements of %d rows were answered without an error, although not all of these rows are in the table", e.Statements, e.Rows)
	}
	j.add(s.StoredElsewhere > 0, bench.Note, "stored_elsewhere", "the command tags of %d statements report fewer rows than the table has by their ids: a trigger writes them elsewhere; "+
		"each was looked up after its answer, which adds to no latency, but lowers the throughput", s.StoredElsewhere)
	truncated := bench.Known(s.TruncatedLambdas)
	j.add(truncated > 0, bench.Suspect, "truncated", "%d invocations stopped before their last statement", truncated)
	throttles := bench.Total(s.Throttles)
	j.add(throttles > 0, bench.Suspect, "throttled", "%d calls were throttled: the load was lower than asked for", throttles)
	if above(s.ClockOffset, clockOffsetMs) {
		j.add(true, bench.Suspect, "clock_offset", "the function's clock is at least %.1f s from the driver's: the timeline mixes both", *s.ClockOffset/1000)
	}
	j.add(s.Foreign(), bench.Note, ForeignFunction, "the function isn't this suite's: it counts the rows itself, and reports nothing about its statements")
	j.add(s.Foreign() && j.record.Run.Config.EventType == bench.Random, bench.Note, "event_type_by_its_word",
		"event type random was asked for: a function that doesn't know this type may have written another one; the original suite's function writes CarCreated")
	j.client(s)
	j.stall(s)
	j.silence(s)
	j.overhead(s)
	j.samples(s)
}

// client judges the driver's machine. A local run has database and function on the same
// machine, so a busy machine is normal there and only a note.
func (j *judging) client(s *bench.Summary) {
	c := s.Client
	if c == nil || s.NothingSent() {
		return
	}
	j.add(c.ClockStepMs > clockStepMs, bench.Suspect, "clock_step", "the wall clock was moved by %.0f ms: seconds and spans are misplaced", c.ClockStepMs)
	if j.record.Run.Target == bench.Local {
		j.add(c.Bound, bench.Note, "client_bound", "this machine was at its limit (%s): the throughput is a lower bound; it runs driver, function and database at once", limits(c))
		return
	}
	j.add(c.Bound, bench.Suspect, "client_bound", "the driver's machine was at its limit (%s): the cluster may take more", limits(c))
}

// overhead adds a note if the function's own time is a large part of the latencies.
func (j *judging) overhead(s *bench.Summary) {
	if s.Overhead == nil {
		return
	}
	own, whole := s.Overhead.At("p50"), s.StatementLatency.At("p50")
	if own == nil || whole == nil {
		return
	}
	j.add(*own > overheadShare**whole, bench.Note, "client_overhead",
		"a median statement takes %s ms, of which the function itself takes %s ms, from the arrival of the answer to the reading of its clock: the latencies are too high by that much",
		figureText(*whole), figureText(*own))
}

// figureText returns v with three significant figures, the precision of latencies.
func figureText(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// samples adds a note with the percentiles that have too few samples and the number they need.
func (j *judging) samples(s *bench.Summary) {
	few := s.StatementLatency.TooFewFor
	if s.StatementLatency.Count == 0 || len(few) == 0 {
		return
	}
	var needs []string
	for _, name := range few {
		if p, err := strconv.ParseFloat(strings.TrimPrefix(name, "p"), 64); err == nil {
			needs = append(needs, fmt.Sprintf("%s needs %d", name, latency.Needed(p)))
		}
	}
	j.add(true, bench.Note, "few_samples", "%d statements are too few for the percentiles marked *: %s", s.StatementLatency.Count, strings.Join(needs, ", "))
}
