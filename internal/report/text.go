package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
)

// Text writes the summary of a record: the original suite's figures under its
// headings, then ours.
func Text(w io.Writer, r *bench.Record) error {
	t := &text{}
	t.problems(r)
	for _, s := range r.Summaries() {
		t.scenario(s)
	}
	if r.Scenario1 != nil && r.Scenario2 != nil {
		t.comparison(r.Scenario1, r.Scenario2)
	}
	t.verification(r.Verification)
	t.telemetry(r)
	if l := r.Run.LocalTarget; l != nil && len(l.Faults) > 0 {
		t.line("Injected faults (%s)", strings.Join(l.Faults, ", "))
		for _, name := range slices.Sorted(maps.Keys(l.Injected)) {
			t.figure(name, "%s", count(l.Injected[name]))
		}
		t.line("")
	}
	for _, warning := range r.Run.Warnings {
		t.line("warning: %s", warning)
	}
	t.line("Run %s: %s in %.1f s, target %s, seed %d", r.Run.ID, r.Run.Status, r.Run.DurationSeconds, r.Run.Target, r.Run.Seed)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct{ b strings.Builder }

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

func (t *text) figure(name, format string, args ...any) {
	t.line("  %-26s "+format, append([]any{name + ":"}, args...)...)
}

// problems come first: a reader who reads one line must read this one.
func (t *text) problems(r *bench.Record) {
	if v := r.Verification; v != nil && v.Problem != "" {
		t.line("PROBLEM: %s\n", v.Problem)
	}
	if a := r.Accounts; a != nil && a.Problem != "" {
		t.line("PROBLEM: the accounts of the rows part: %s\n", a.Problem)
	}
	for _, s := range r.Summaries() {
		if !s.Rows.Balanced() {
			t.line("PROBLEM: %s: the rows don't balance: %+v\n", s.Scenario, s.Rows)
		}
	}
}

func (t *text) scenario(s *bench.Summary) {
	title := "Individual inserts"
	if s.Scenario == bench.Batch {
		title = "Batch inserts"
	}
	t.line("Results Summary: %s", title)
	t.figure("Total Lambdas", "%s", count(s.TotalLambdas))
	t.figure("Successful", "%s", count(s.SuccessfulLambdas))
	t.figure("Failed", "%s", count(s.FailedLambdas))
	if n := s.Invocations.NotStarted; n > 0 {
		t.figure("Not started", "%s", count(n))
	}
	t.figure("Success Rate", "%.2f %%", s.SuccessRate)
	t.figure("Total Inserts", "%s rows acknowledged", count(s.TotalInserts))
	t.figure("Total Errors", "%s rows failed or unknown", count(s.TotalErrors))
	t.figure("Total Duration", "%.2f s", s.TotalDurationSeconds)
	t.figure("Throughput", "%s rows/s", count(int64(s.Throughput+0.5)))
	t.figure("Invocation Latency", "%s", stats(s.LatencyMs))
	t.figure("Lambda Execution Duration", "%s", stats(s.LambdaDurationMs))
	t.figure("Lambda Throughput", "%s rows/s", spread(s.LambdaThroughput, number))
	t.statements(s)
	t.slowest(s)
	t.trouble(s)
	t.line("")
}

func (t *text) statements(s *bench.Summary) {
	name := "Insert Latency"
	if s.Scenario == bench.Batch {
		name = "Batch Latency"
	}
	t.figure(name, "%s", statementLatency(s.StatementLatency))
	if few := s.StatementLatency.TooFewFor; len(few) > 0 && s.StatementLatency.Count > 0 {
		t.line("  %-26s * %d samples are too few for %s", "", s.StatementLatency.Count, strings.Join(few, ", "))
	}
	t.figure("Rows", "%s planned = %s acknowledged + %s failed + %s unknown + %s not started", count(s.Rows.Planned),
		count(s.Rows.Acknowledged), count(s.Rows.Failed), count(s.Rows.Unknown), count(s.Rows.NotStarted))
	if a := s.Statements; a != nil {
		t.figure("Statements", "%s acknowledged of %s, %s attempts", count(a.Acknowledged), count(a.Planned), count(s.Attempts))
	}
	t.figure("Cold starts", "%s in %s environments", count(s.ColdStarts), count(s.Environments))
}

func (t *text) trouble(s *bench.Summary) {
	if s.TruncatedLambdas > 0 {
		t.figure("Truncated", "%s invocations stopped before the function's time-out", count(s.TruncatedLambdas))
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Throttles)) {
		t.figure("Throttled", "%s x %s", count(s.Throttles[reason]), reason)
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Retried)) {
		t.figure("Tried again", "%s x %s", count(s.Retried[kind]), kind)
	}
	if s.Resent > 0 {
		t.figure("Re-sent, outcome unknown", "%s statements, %s of which had been written before", count(s.Resent), count(s.Confirmed))
	}
	if len(s.ErrorsByKind) > 0 {
		t.line("  Errors by kind:")
		for _, e := range s.ErrorsByKind {
			t.line("    %-20s %10s statements %12s rows   %s", e.Kind, count(e.Statements), count(e.Rows), e.Message)
			if advice := adviceOn(e.Kind); advice != "" {
				t.line("      hint: %s", advice)
			}
		}
	}
	if len(s.Errors) > 0 {
		t.line("  Errors:")
		for _, e := range s.Errors {
			t.line("    Lambda %d: %s", e.Index, e.Error)
		}
	}
}

func (t *text) comparison(a, b *bench.Summary) {
	t.line("Comparison: individual against batch")
	ratio := ""
	if a.Throughput > 0 {
		ratio = fmt.Sprintf(" (batch is %.1f x individual)", b.Throughput/a.Throughput)
	}
	t.figure("Throughput", "%s against %s rows/s%s", count(int64(a.Throughput+0.5)), count(int64(b.Throughput+0.5)), ratio)
	t.figure("Average latency", "%s against %s", ms(a.LatencyMs.Avg), ms(b.LatencyMs.Avg))
	t.figure("P95 latency", "%s against %s", ms(a.LatencyMs.P95), ms(b.LatencyMs.P95))
	t.line("")
}

func (t *text) verification(v *bench.Verification) {
	if v == nil {
		return
	}
	t.line("Verification (%s)", v.Mode)
	if v.Problem != "" {
		t.line("  %s", v.Problem)
	}
	switch v.Mode {
	case bench.VerifyOff:
		t.line("  nothing was looked at")
	case bench.VerifyCount:
		t.line("  %s of %s planned ids are in the table", count(v.Present), count(v.IDsAsked))
	default:
		t.figure("Acknowledged, present", "%s", count(v.AcknowledgedPresent))
		t.figure("Acknowledged, LOST", "%s", count(v.Lost))
		t.figure("Unacknowledged, present", "%s", count(v.UnacknowledgedPresent))
		t.figure("Unacknowledged, absent", "%s", count(v.Absent))
	}
	for _, id := range v.LostIDs {
		t.line("  lost: %s", id)
	}
	t.line("")
}

func stats(s bench.Stats) string {
	return fmt.Sprintf("%s  P95 %s  P99 %s", spread(s.Spread, ms), ms(s.P95), ms(s.P99))
}

func spread(s bench.Spread, format func(*float64) string) string {
	return fmt.Sprintf("Min %s  Max %s  Avg %s  Median %s", format(s.Min), format(s.Max), format(s.Avg), format(s.Median))
}

func statementLatency(l bench.StatementLatency) string {
	var parts []string
	for _, p := range []struct {
		name  string
		value *float64
	}{{"min", l.Min}, {"avg", l.Avg}, {"p50", l.P50}, {"p90", l.P90}, {"p95", l.P95}, {"p99", l.P99}, {"p99.9", l.P999}, {"max", l.Max}} {
		mark := ""
		if slices.Contains(l.TooFewFor, p.name) && p.value != nil {
			mark = "*"
		}
		parts = append(parts, p.name+" "+ms(p.value)+mark)
	}
	return strings.Join(parts, "  ")
}

// ms formats milliseconds to three figures, in the unit that suits.
func ms(v *float64) string {
	if v == nil {
		return "n/a"
	}
	d := time.Duration(*v * float64(time.Millisecond))
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case *v >= 100:
		return fmt.Sprintf("%.0f ms", *v)
	case *v >= 10:
		return fmt.Sprintf("%.1f ms", *v)
	}
	return fmt.Sprintf("%.2f ms", *v)
}

func number(v *float64) string {
	if v == nil {
		return "n/a"
	}
	return fmt.Sprintf("%.1f", *v)
}

// adviceOn is what to do about errors that the cluster's limits cause.
func adviceOn(kind string) string {
	switch kind {
	case "53300":
		return "more connections than the cluster's quota: lower --concurrency, or raise the quota"
	case "53400":
		return "connections opened faster than 100/s after a burst of 1,000: lower --connect-rate, or warm the environments up"
	case "54000":
		return "a transaction beyond the cluster's limits: fewer rows per batch"
	case "42P01", "3F000":
		return "the table is missing: driver schema --apply --cluster ENDPOINT"
	case "42501":
		return "the function's role lacks a right: driver schema --apply --cluster ENDPOINT --role ROLE --iam-arn ARN"
	case "08006":
		return "the cluster lets the function in with neither its token nor its role: see the message, IAM_USERNAME and the function's dsql:DbConnect"
	case "token_failed":
		return "the function has no credentials to make a token of: look at its execution role"
	case "40001":
		return "conflicts outlasted the attempts (--retries)"
	}
	return ""
}

// count groups digits by thousands: 1,010,000.
func count(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
