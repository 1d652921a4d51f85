package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// run judges the run as a whole.
func (j *judging) run() {
	j.status()
	j.verification()
	j.table()
	j.accounts()
	j.telemetry()
	j.surroundings()
}

// status judges how the run ended.
func (j *judging) status() {
	r := j.record
	ran := slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return !r.NotRun(s) })
	j.add(!ran, bench.Invalid, "nothing_ran", "no scenario finished")
	if w := r.Run.WarmUp; !ran && r.Run.Status == bench.Incomplete && w.Failed() {
		j.add(true, bench.Invalid, "warm_up_failed", "the warm-up acknowledged none of its %d rows, and ended the run: %s", w.Rows.Planned, failures(w))
	}
	j.add(r.Run.Status == bench.Interrupted, bench.Suspect, "interrupted", "the run was interrupted: the figures are of the part that ran")
	j.add(r.Run.Status == bench.Running, bench.Suspect, "unfinished", "the run is still going, or its driver was killed")
	j.add(r.Run.Status == bench.Killed, bench.Suspect, "killed", "the driver was killed: %s", afterKill(r))
}

// verification judges the check of the table that counts.
func (j *judging) verification() {
	v := j.record.Verification
	if v == nil {
		return
	}
	j.add(v.Lost > 0, bench.Invalid, "rows_lost", "%d rows were acknowledged and are not in the table%s", v.Lost, whereLost(v))
	looked := v.Looked()
	j.add(!v.OK && v.Lost == 0 && looked, bench.Invalid, "verification_failed", "the check of the table failed: %s", v.Problem)
	j.add(!v.OK && v.Lost == 0 && !looked, bench.Suspect, "not_verified", "the table was not checked: %s", v.Problem)
	j.add(v.OK && v.Mode == bench.VerifyOff, bench.Note, "not_verified", "the table was not checked: %s", whyNotVerified(j.record))
}

// accounts judges whether the independent counts of the rows agree.
func (j *judging) accounts() {
	if a := j.record.Accounts; a != nil {
		j.add(!a.Agree, bench.Invalid, "accounts_part", "the accounts of the rows differ: %s", a.Problem)
	}
	if j.record.TraceStore.Lacks() {
		j.add(true, bench.Note, "traces_missing", "the trace store doesn't hold all traces: %s", j.record.TraceStore.Problem)
	}
}

// telemetry judges whether spans or points were lost.
func (j *judging) telemetry() {
	t, a := j.record.Telemetry, j.record.Accounts
	if t == nil {
		return
	}
	var lost []string
	if !t.OK && t.Mode != bench.TelemetryOff {
		lost = append(lost, t.Problem)
	}
	if a != nil && a.Short {
		lost = append(lost, a.Missing...)
	}
	j.add(len(lost) > 0, bench.Suspect, "telemetry_lost", "telemetry was lost: %s", strings.Join(lost, "; "))
	unknown := cmp.Or(t.Spans.Unknown, t.Points.Unknown)
	j.add(unknown != "", bench.Note, "telemetry_unknown", "it is unknown what the collector did with the telemetry: %s", unknown)
}

// surroundings judges the prices, the function, the table and the database.
func (j *judging) surroundings() {
	r := j.record
	if c := r.Cost; c != nil && c.StandIn(r.Run.Config.Region) != "" {
		limit := ""
		if r.Run.Config.MaxCost > 0 {
			limit = fmt.Sprintf(", and max_cost_usd = %g was compared with that", r.Run.Config.MaxCost)
		}
		j.add(true, bench.Note, "prices_stand_in", "the cost is %s%s", c.StandIn(r.Run.Config.Region), limit)
	}
	j.add(Unidentified(r), bench.Note, "function_unidentified",
		"no answer says whether the function is this suite's: a foreign function chooses its own row ids, which no check looks for")
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

// whereLost returns LostWhere for the end of a sentence.
func whereLost(v *bench.Verification) string {
	if v.LostWhere == "" {
		return ""
	}
	return " (" + v.LostWhere + ")"
}

// failures describes the errors of the warm-up.
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

// Unidentified reports whether it is unknown if the function is this suite's, although it was
// called.
func Unidentified(r *bench.Record) bool {
	f, w := r.Run.Function, r.Run.WarmUp
	if r.Run.LocalTarget != nil || f != nil && strings.HasPrefix(f.Runtime, "provided") || w != nil && w.Invocations.Acknowledged > 0 {
		return false
	}
	called := w != nil && w.Invocations.Failed+w.Invocations.Unknown > 0
	for _, s := range r.Summaries() {
		// Only this suite's function refuses, or tells of attempts before it fails.
		if s.SuccessfulLambdas > 0 || s.Foreign() || s.InvocationErrors["function_refused"] > 0 || bench.Known(s.Attempts) > 0 {
			return false
		}
		called = called || s.FailedLambdas > 0
	}
	return called
}

// whyNotVerified returns the reason that the table was not checked although nothing failed.
func whyNotVerified(r *bench.Record) string {
	if r.Run.Config.Verify != bench.VerifyOff && slices.ContainsFunc(r.Summaries(), (*bench.Summary).Foreign) {
		return "the function doesn't report which rows it wrote, and chooses their ids itself"
	}
	return "verify was off"
}

// afterKill says what the user can still learn about a run whose driver was killed.
func afterKill(r *bench.Record) string {
	switch {
	case r.Run.Throwaway():
		return "its throwaway database ended with it, and the rows with that"
	case r.Verification != nil && r.Verification.Looked():
		return "the figures are of the scenarios that it had finished"
	}
	return "driver verify says which rows are there"
}
