package report

import (
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// tolerableOffsetMs is how far the function's clock may be from the driver's
// before the summary mentions it.
const tolerableOffsetMs = 100

func (t *text) scenario(s *bench.Summary) {
	t.line("Results Summary: %s", figure.Title(s.Scenario))
	t.entry("Total Lambdas", "%s", figure.Count(s.TotalLambdas))
	t.entry("Successful", "%s", figure.Count(s.SuccessfulLambdas))
	t.entry("Failed", "%s", figure.Text(s, "failed_invocations"))
	if n := s.Invocations.NotStarted; n > 0 {
		t.entry("Not started", "%s", figure.Count(n))
	}
	success := figure.Text(s, "success_rate")
	if success != absent {
		success += " of rows"
	}
	t.entry("Success Rate", "%s", success)
	t.entry("Invocation Success Rate", "%s", figure.Text(s, "invocation_success_rate"))
	t.entry("Total Inserts", "%s acknowledged", figure.Text(s, "acknowledged"))
	if s.TotalErrors == s.Rows.Failed+s.Rows.Unknown {
		t.entry("Total Errors", "%s failed or unknown", figure.Text(s, "errors"))
	} else {
		t.entry("Total Errors", "%s: rows that failed, and each failed invocation as one", figure.Count(s.TotalErrors))
	}
	duration := figure.Text(s, "duration")
	if duration == absent {
		duration += ": nothing was sent"
	}
	t.entry("Total Duration", "%s", duration)
	t.entry("Throughput", "%s", figure.Text(s, "throughput"))
	t.entry("Invocation Latency", "%s", stats(s.LatencyMs))
	t.entry("Lambda Execution Duration", "%s", stats(s.LambdaDurationMs))
	t.entry("Lambda Throughput", "%s rows/s", spread(s.LambdaThroughput, oneDigit))
	t.statements(s)
	t.environments(s)
	t.machine(s)
	t.slowest(s)
	t.trouble(s)
	t.errors(s)
	t.line("")
}

func (t *text) statements(s *bench.Summary) {
	name := "Insert Latency"
	if s.Scenario == bench.Batch {
		name = "Batch Latency"
	}
	t.entry(name, "%s", statementLatency(s))
	if few := s.StatementLatency.TooFewFor; len(few) > 0 && s.StatementLatency.Count > 0 {
		t.line("  %-26s * %s samples are too few for %s", "", figure.Count(s.StatementLatency.Count), strings.Join(few, ", "))
	}
	t.connections(s)
	if o := s.Overhead; o != nil {
		own := ""
		for _, q := range o.List() {
			own += q.Name + " " + figure.Ms(q.Value) + ", "
		}
		t.entry("Function's own part", "%smax %s", own, figure.Ms(&o.Max))
	}
	t.entry("Rows", "%s planned = %s acknowledged + %s failed + %s unknown + %s not started", figure.Count(s.Rows.Planned),
		figure.Count(s.Rows.Acknowledged), figure.Count(s.Rows.Failed), figure.Count(s.Rows.Unknown), figure.Count(s.Rows.NotStarted))
	if a := s.Statements; a != nil {
		t.entry("Statements", "%s acknowledged of %s, %s", figure.Count(a.Acknowledged), figure.Count(a.Planned), attempts(s))
	} else {
		t.entry("Statements", "%s: the function reports only rows", absent)
	}
}

// connections prints the statements that opened a connection apart from the others, if there
// are any.
func (t *text) connections(s *bench.Summary) {
	if s.Connecting == nil || s.Connected == nil {
		return
	}
	t.entry("  opened a connection", "%s", ofStatements(s.Connecting))
	t.entry("  on an open connection", "%s", ofStatements(s.Connected))
}

// ofStatements returns the number of statements and their latency.
func ofStatements(l *bench.StatementLatency) string {
	text := figure.Plural(l.Count, "statement")
	for _, q := range bench.Quantiles() {
		if v := l.At(q.Name); v != nil {
			text += "  " + q.Name + " " + figure.Ms(v)
			if l.Few(q.Name) {
				text += "*"
			}
		}
	}
	if l.Max != nil {
		text += "  max " + figure.Ms(l.Max)
	}
	return text
}

// attempts are known as far as the invocations told of them, which a failed one may have done before
// it failed.
func attempts(s *bench.Summary) string {
	switch {
	case s.FailedLambdas == 0:
		return figure.Text(s, "attempts") + " attempts"
	case s.SuccessfulLambdas == 0 && bench.Known(s.Attempts) == 0:
		return "attempts " + absent + ": no invocation succeeded"
	}
	return "at least " + figure.Text(s, "attempts") + " attempts: failed invocations don't tell of all"
}

// environments prints the cold starts and what Lambda billed.
func (t *text) environments(s *bench.Summary) {
	cold := figure.Text(s, "cold_starts")
	switch {
	case s.ColdStarts == nil || s.Environments == nil:
	case s.FailedLambdas > 0:
		cold += " known of; " + figure.Text(s, "environments") + " environments answered"
	default:
		cold += " in " + figure.Text(s, "environments") + " environments"
	}
	t.entry("Cold starts", "%s", cold)
	if s.Cold.Avg != nil && s.Warm.Avg != nil {
		t.entry("Cold Invocation Latency", "%s", stats(s.Cold))
		t.entry("Warm Invocation Latency", "%s", stats(s.Warm))
	}
	b := s.Billed
	if b == nil || b.Invocations == 0 {
		return
	}
	init := ""
	if seconds := b.InitSeconds(); seconds > 0 {
		init = ", " + figure.Fixed(seconds, 1) + " s of it INIT,"
	}
	t.entry("Billed", "%s%s by %s of %s invocations", figure.Text(s, "billed"), init, figure.Count(b.Invocations), figure.Count(s.TotalLambdas))
	t.entry("Memory", "%s MB, at most %s used", figure.Count(b.MemoryMB), figure.Text(s, "memory_used"))
	if b.Inits > 0 {
		t.entry("Environment start", "%s x %s", figure.Count(b.Inits), stats(b.InitMs))
	}
}

// machine prints how the driver's side fared.
func (t *text) machine(s *bench.Summary) {
	if a := s.Admission; a != nil && a.Backoffs > 0 {
		t.entry("Admission", "throttling lowered %s in flight to %s, %s times, for %s s; %s were reached",
			figure.Count(int64(a.Asked)), figure.Count(int64(a.Floor)), figure.Count(a.Backoffs), figure.Fixed(a.HeldSeconds, 1), figure.Count(int64(a.Reached)))
	}
	if c := s.Client; c != nil {
		t.entry("Driver's machine", "CPU %s (max %s), %s by the driver; timers late by %s (p99), %s (max)", figure.Text(s, "machine_cpu"),
			figure.Share(c.MachineCPUMax, 0), figure.Text(s, "driver_cpu"), figure.Text(s, "lag_p99"), figure.Text(s, "lag_max"))
	}
	if s.ClockOffset != nil && *s.ClockOffset > tolerableOffsetMs {
		t.entry("Clocks", "the function's is at least %s from the driver's", figure.Text(s, "clock_offset"))
	}
}
