// Package judge decides from a run's Record whether its figures can be trusted
// (the verdict).
package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/latency"
)

// What a figure may be before it speaks against a run.
const (
	boundCPU      = 0.90 // of the machine's processors: above, it may be the machine that is measured
	boundLagMs    = 100  // of the driver's timers, 99th percentile
	clockStepMs   = 50   // of the wall clock during a scenario: seconds and spans are placed by it
	clockOffsetMs = 1000 // between function and driver: the timeline mixes both clocks
	overheadShare = 0.10 // of the median statement: the function's own part shows in the figures
)

// Saturated says of a watched scenario whether the machine was too busy to
// send more.
func Saturated(c *bench.ClientLoad) bool {
	return atLeast(c.MachineCPUAvg, boundCPU) || atLeast(c.LagP99Ms, boundLagMs)
}

// atLeast and above are false of what isn't known.
func atLeast(v *float64, limit float64) bool { return v != nil && *v >= limit }
func above(v *float64, limit float64) bool   { return v != nil && *v > limit }

// limits says how busy the machine was, as far as that is known.
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

// Record says whether the record's figures can be trusted, from the record
// alone. Thresholds have no part in that: they say whether the figures please.
func Record(r *bench.Record) *bench.Verdict {
	j := judging{record: r}
	j.run()
	for _, s := range r.Summaries() {
		j.scenario(s)
	}
	j.figures()
	return j.verdict()
}

// ForeignFunction is the code of the reason that the function isn't this suite's.
const ForeignFunction = "foreign_function"

type judging struct {
	record  *bench.Record
	of      bench.Scenario // what the next reason is of
	reasons []bench.Reason
}

func (j *judging) add(when bool, severity bench.Word, code, format string, args ...any) {
	if when {
		j.reasons = append(j.reasons, bench.Reason{Severity: severity, Code: code, Scenario: j.of, Text: fmt.Sprintf(format, args...)})
	}
}

func (j *judging) verdict() *bench.Verdict {
	rank := map[bench.Word]int{bench.Invalid: 0, bench.Suspect: 1, bench.Note: 2}
	slices.SortStableFunc(j.reasons, func(a, b bench.Reason) int { return cmp.Compare(rank[a.Severity], rank[b.Severity]) })
	v := &bench.Verdict{Word: bench.Valid, Reasons: append([]bench.Reason{}, j.reasons...)}
	if len(v.Reasons) > 0 && v.Reasons[0].Severity != bench.Note {
		v.Word = v.Reasons[0].Severity
	}
	return v
}

// run judges what is of the whole run.
func (j *judging) run() {
	r := j.record
	ran := slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return !r.NotRun(s) })
	j.add(!ran, bench.Invalid, "nothing_ran", "no scenario came to its end")
	if w := r.Run.WarmUp; !ran && r.Run.Status == bench.Incomplete && w.Failed() {
		j.add(true, bench.Invalid, "warm_up_failed", "the warm-up acknowledged none of its %d rows, and ended the run: %s", w.Rows.Planned, failures(w))
	}
	j.add(r.Run.Status == bench.Interrupted, bench.Suspect, "interrupted", "the run was interrupted: the figures are of the part that ran")
	j.add(r.Run.Status == bench.Running, bench.Suspect, "unfinished", "the run goes on, or its driver was killed")
	j.add(r.Run.Status == bench.Killed, bench.Suspect, "killed", "the driver was killed: %s", afterKill(r))
	if v := r.Verification; v != nil {
		j.add(v.Lost > 0, bench.Invalid, "rows_lost", "%d rows were acknowledged and are not in the table%s", v.Lost, whereLost(v))
		looked := v.Looked()
		j.add(!v.OK && v.Lost == 0 && looked, bench.Invalid, "verification_failed", "the table isn't as it should be: %s", v.Problem)
		j.add(!v.OK && v.Lost == 0 && !looked, bench.Suspect, "not_verified", "nobody looked at the table: %s", v.Problem)
		j.add(v.OK && v.Mode == bench.VerifyOff, bench.Note, "not_verified", "nobody looked at the table: %s", whyNotVerified(r))
	}
	j.table()
	if a := r.Accounts; a != nil {
		j.add(!a.Agree, bench.Invalid, "accounts_part", "the accounts of the rows part: %s", a.Problem)
	}
	if r.TraceStore.Lacks() {
		j.add(true, bench.Note, "traces_missing", "the trace store doesn't hold all traces: %s", r.TraceStore.Problem)
	}
	if t := r.Telemetry; t != nil {
		var lost []string
		if !t.OK && t.Mode != bench.TelemetryOff {
			lost = append(lost, t.Problem)
		}
		if r.Accounts != nil && r.Accounts.Short {
			lost = append(lost, r.Accounts.Missing...)
		}
		j.add(len(lost) > 0, bench.Suspect, "telemetry_lost", "telemetry was lost: %s", strings.Join(lost, "; "))
		unknown := cmp.Or(t.Spans.Unknown, t.Points.Unknown)
		j.add(unknown != "", bench.Note, "telemetry_unknown", "what the collector did with the telemetry is unknown: %s", unknown)
	}
	if c := r.Cost; c != nil && c.StandIn(r.Run.Config.Region) != "" {
		limit := ""
		if r.Run.Config.MaxCost > 0 {
			limit = fmt.Sprintf(", and so was max_cost_usd = %g judged", r.Run.Config.MaxCost)
		}
		j.add(true, bench.Note, "prices_stand_in", "the cost is %s%s", c.StandIn(r.Run.Config.Region), limit)
	}
	j.add(Unidentified(r), bench.Note, "function_unidentified",
		"no answer says whose function it is: another suite's gives its rows ids of its own, and those are looked for nowhere")
	for _, note := range r.Run.TableNotes {
		j.add(true, bench.Note, "table", "%s", note)
	}
	for _, setting := range r.Run.ServerSettings {
		j.add(true, bench.Note, "server_setting", "%s", setting)
	}
	if l := r.Run.LocalTarget; l != nil {
		j.add(len(l.Faults) > 0, bench.Suspect, "faults_injected", "faults were injected: %s", strings.Join(l.Faults, ", "))
	}
}

// whereLost is LostWhere as the end of a sentence.
func whereLost(v *bench.Verification) string {
	if v.LostWhere == "" {
		return ""
	}
	return " (" + v.LostWhere + ")"
}

// failures are the kinds of what failed, with their texts.
func failures(w *bench.WarmUp) string {
	var all []string
	for _, e := range w.ErrorsByKind {
		all = append(all, fmt.Sprintf("%s %s (%d rows)", e.Kind, e.Message, e.Rows))
	}
	if n := w.Invocations.Failed + w.Invocations.Unknown; n > 0 {
		all = append(all, fmt.Sprintf("%d of %d invocations failed", n, w.Invocations.Planned))
	}
	if n := w.Invocations.NotStarted; n > 0 {
		all = append(all, fmt.Sprintf("%d of %d invocations were not started", n, w.Invocations.Planned))
	}
	if w.FirstError != "" {
		all = append(all, "the first: "+w.FirstError)
	}
	return strings.Join(all, "; ")
}

// Unidentified reports whether calls were made, and neither an answer nor anything else
// says whether the function is this suite's.
func Unidentified(r *bench.Record) bool {
	f, w := r.Run.Function, r.Run.WarmUp
	if r.Run.LocalTarget != nil || f != nil && strings.HasPrefix(f.Runtime, "provided") || w != nil && w.Invocations.Acknowledged > 0 {
		return false
	}
	called := w != nil && w.Invocations.Failed+w.Invocations.Unknown > 0
	for _, s := range r.Summaries() {
		if s.SuccessfulLambdas > 0 || s.Untold() || s.InvocationErrors["function_refused"] > 0 { // our function's own word
			return false
		}
		called = called || s.FailedLambdas > 0
	}
	return called
}

// whyNotVerified is why nobody looked at the table though nothing failed.
func whyNotVerified(r *bench.Record) string {
	if r.Run.Config.Verify != bench.VerifyOff && slices.ContainsFunc(r.Summaries(), (*bench.Summary).Untold) {
		return "the function doesn't report which rows it wrote, and chooses their ids itself"
	}
	return "verify was off"
}

// afterKill is what can be known yet of a run whose driver was killed.
func afterKill(r *bench.Record) string {
	switch {
	case r.Run.Throwaway():
		return "its throwaway database ended with it, and the rows with that"
	case r.Verification != nil && r.Verification.Looked():
		return "the figures are of the scenarios that it had finished"
	}
	return "driver verify says which rows are there"
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
		j.add(e.Kind == bench.NotStored, bench.Invalid, "rows_not_stored", "statements that were answered without an error although not all of their rows are in the table: %d, of %d rows", e.Statements, e.Rows)
	}
	j.add(s.StoredElsewhere > 0, bench.Note, "stored_elsewhere", "of %d statements the command tags told of fewer rows than are in the table by their ids: a trigger writes them elsewhere; "+
		"each was looked up after its answer, which is in no latency and lowers the throughput", s.StoredElsewhere)
	truncated := bench.Known(s.TruncatedLambdas)
	j.add(truncated > 0, bench.Suspect, "truncated", "%d invocations stopped before their last statement", truncated)
	throttles := int64(0)
	for _, n := range s.Throttles {
		throttles += n
	}
	j.add(throttles > 0, bench.Suspect, "throttled", "%d calls were throttled: the load was lower than asked for", throttles)
	if above(s.ClockOffset, clockOffsetMs) {
		j.add(true, bench.Suspect, "clock_offset", "the function's clock is at least %.1f s from the driver's: the timeline mixes both", *s.ClockOffset/1000)
	}
	j.add(s.Untold(), bench.Note, ForeignFunction, "the function isn't this suite's: rows are counted by its own word, and nothing is known of its statements")
	j.add(s.Untold() && j.record.Run.Config.EventType == bench.Random, bench.Note, "event_type_by_its_word",
		"event type random was asked for: a function that doesn't know it may have written another one, as the original suite's writes CarCreated")
	j.client(s)
	j.stall(s)
	j.silence(s)
	j.overhead(s)
	j.samples(s)
}

// client judges the machine that the driver ran on. Locally it is database and
// function too, so that being busy is what it is there for.
func (j *judging) client(s *bench.Summary) {
	c := s.Client
	if c == nil || s.NothingSent() {
		return
	}
	j.add(c.ClockStepMs > clockStepMs, bench.Suspect, "clock_step", "the wall clock was moved by %.0f ms: seconds and spans are misplaced", c.ClockStepMs)
	if j.record.Run.Target == bench.Local {
		j.add(c.Bound, bench.Note, "client_bound", "this machine was at its limit (%s): the throughput is what it can do at least; it is driver, function and database at once", limits(c))
		return
	}
	j.add(c.Bound, bench.Suspect, "client_bound", "the driver's machine was at its limit (%s): the cluster may take more", limits(c))
}

// overhead tells of a function whose own part of the latencies shows.
func (j *judging) overhead(s *bench.Summary) {
	if s.Overhead == nil {
		return
	}
	own, whole := s.Overhead.At("p50"), s.StatementLatency.At("p50")
	if own == nil || whole == nil {
		return
	}
	j.add(*own > overheadShare**whole, bench.Note, "client_overhead",
		"of a median statement's %s ms the function itself took %s ms, from the arrival of the answer to the reading of its clock: the latencies are as much too high",
		figureText(*whole), figureText(*own))
}

// figureText has three significant figures, as latencies have.
func figureText(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// samples tells which percentiles rest on too few statements, and how many would do.
func (j *judging) samples(s *bench.Summary) {
	few := s.StatementLatency.TooFewFor
	if s.StatementLatency.Count == 0 || len(few) == 0 {
		return
	}
	var needs []string
	for _, name := range few {
		if p, err := strconv.ParseFloat(strings.TrimPrefix(name, "p"), 64); err == nil {
			needs = append(needs, fmt.Sprintf("%s takes %d", name, latency.Needed(p)))
		}
	}
	j.add(true, bench.Note, "few_samples", "%d statements are too few for the percentiles marked *: %s", s.StatementLatency.Count, strings.Join(needs, ", "))
}

// figures judges whether all of them are numbers. A record that was read has lost
// some of those that aren't; its earlier verdict names them.
func (j *judging) figures() {
	if said, ok := check.SaidNotFinite(j.record); ok {
		j.add(true, bench.Suspect, check.NotFiniteCode, "%s", said.Text)
		return
	}
	places := check.NotFinite(j.record)
	j.add(len(places) > 0, bench.Suspect, check.NotFiniteCode, "%s", check.NotFiniteText(places))
}
