package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/figure"
)

// tolerableOffsetMs is how far the function's clock may be from the driver's
// before the summary tells of it.
const tolerableOffsetMs = 100

func (t *text) scenario(s *bench.Summary) {
	t.line("Results Summary: %s", title(s.Scenario))
	t.figure("Total Lambdas", "%s", figure.Count(s.TotalLambdas))
	t.figure("Successful", "%s", figure.Count(s.SuccessfulLambdas))
	t.figure("Failed", "%s", figure.Count(s.FailedLambdas))
	if n := s.Invocations.NotStarted; n > 0 {
		t.figure("Not started", "%s", figure.Count(n))
	}
	t.figure("Success Rate", "%s", rowSuccess(s))
	t.figure("Invocation Success Rate", "%s %%", figure.Fixed(s.SuccessRate, 2))
	t.figure("Total Inserts", "%s rows acknowledged", figure.Count(s.TotalInserts))
	if s.TotalErrors == s.Rows.Failed+s.Rows.Unknown {
		t.figure("Total Errors", "%s rows failed or unknown", figure.Count(s.TotalErrors))
	} else {
		t.figure("Total Errors", "%s: rows that failed, and each failed invocation as one", figure.Count(s.TotalErrors))
	}
	if s.NothingSent() {
		t.figure("Total Duration", "%s: nothing was sent", absent)
	} else {
		t.figure("Total Duration", "%s s", figure.Fixed(s.TotalDurationSeconds, 2))
	}
	t.figure("Throughput", "%s", rate(s))
	t.figure("Invocation Latency", "%s", stats(s.LatencyMs))
	t.figure("Lambda Execution Duration", "%s", stats(s.LambdaDurationMs))
	t.figure("Lambda Throughput", "%s rows/s", spread(s.LambdaThroughput, number))
	t.statements(s)
	t.environments(s)
	t.machine(s)
	t.slowest(s)
	t.trouble(s)
	t.errors(s)
	t.line("")
}

// rowSuccess is the success rate: that of rows, of those planned.
func rowSuccess(s *bench.Summary) string {
	if rate := s.RowSuccessRate(); rate != nil {
		return figure.Fixed(*rate, 2) + " % of rows"
	}
	return absent
}

func (t *text) statements(s *bench.Summary) {
	name := "Insert Latency"
	if s.Scenario == bench.Batch {
		name = "Batch Latency"
	}
	t.figure(name, "%s", statementLatency(s.StatementLatency))
	if few := s.StatementLatency.TooFewFor; len(few) > 0 && s.StatementLatency.Count > 0 {
		t.line("  %-26s * %s samples are too few for %s", "", figure.Count(s.StatementLatency.Count), strings.Join(few, ", "))
	}
	if o := s.Overhead; o != nil {
		own := ""
		for _, q := range o.List() {
			own += q.Name + " " + figure.Ms(q.Value) + ", "
		}
		t.figure("Function's own part", "%smax %s", own, figure.Ms(&o.Max))
	}
	t.figure("Rows", "%s planned = %s acknowledged + %s failed + %s unknown + %s not started", figure.Count(s.Rows.Planned),
		figure.Count(s.Rows.Acknowledged), figure.Count(s.Rows.Failed), figure.Count(s.Rows.Unknown), figure.Count(s.Rows.NotStarted))
	if a := s.Statements; a != nil {
		t.figure("Statements", "%s acknowledged of %s, %s", figure.Count(a.Acknowledged), figure.Count(a.Planned), attempts(s))
	} else {
		t.figure("Statements", "%s: the function tells of rows alone", absent)
	}
}

// attempts are only known of the invocations that answered.
func attempts(s *bench.Summary) string {
	switch {
	case s.FailedLambdas == 0:
		return counted(s.Attempts) + " attempts"
	case s.SuccessfulLambdas == 0:
		return "attempts " + absent + ": no invocation succeeded"
	}
	return counted(s.Attempts) + " attempts by the invocations that answered"
}

// environments tells of cold starts and of what Lambda billed.
func (t *text) environments(s *bench.Summary) {
	switch {
	case s.ColdStarts == nil || s.Environments == nil:
		t.figure("Cold starts", "%s", counted(s.ColdStarts))
	case s.FailedLambdas > 0:
		t.figure("Cold starts", "%s known of; %s environments answered", counted(s.ColdStarts), counted(s.Environments))
	default:
		t.figure("Cold starts", "%s in %s environments", counted(s.ColdStarts), counted(s.Environments))
	}
	if s.Cold.Avg != nil && s.Warm.Avg != nil {
		t.figure("Cold Invocation Latency", "%s", stats(s.Cold))
		t.figure("Warm Invocation Latency", "%s", stats(s.Warm))
	}
	b := s.Billed
	if b == nil || b.Invocations == 0 {
		return
	}
	init := ""
	if seconds := b.InitSeconds(); seconds > 0 {
		init = ", " + figure.Fixed(seconds, 1) + " s of it INIT,"
	}
	t.figure("Billed", "%s s%s by %s of %s invocations", figure.Fixed(b.BilledSeconds, 1), init, figure.Count(b.Invocations), figure.Count(s.TotalLambdas))
	t.figure("Memory", "%s MB, at most %s MB used", figure.Count(b.MemoryMB), figure.Count(b.MaxMemoryMB))
	if b.Inits > 0 {
		t.figure("Environment start", "%s x %s", figure.Count(b.Inits), stats(b.InitMs))
	}
}

// machine tells of the side that sends.
func (t *text) machine(s *bench.Summary) {
	if a := s.Admission; a != nil && a.Backoffs > 0 {
		t.figure("Admission", "throttling lowered %s in flight to %s, %s times, for %s s; %s were reached",
			figure.Count(int64(a.Asked)), figure.Count(int64(a.Floor)), figure.Count(a.Backoffs), figure.Fixed(a.HeldSeconds, 1), figure.Count(int64(a.Reached)))
	}
	if c := s.Client; c != nil {
		t.figure("Driver's machine", "CPU %s (max %s), %s by the driver; timers late by %s (p99), %s (max)",
			share(c.MachineCPUAvg), share(c.MachineCPUMax), share(&c.DriverCPUAvg), figure.Ms(c.LagP99Ms), figure.Ms(c.LagMaxMs))
	}
	if s.ClockOffset != nil && *s.ClockOffset > tolerableOffsetMs {
		t.figure("Clocks", "the function's is at least %s from the driver's", figure.Ms(s.ClockOffset))
	}
}

func (t *text) trouble(s *bench.Summary) {
	if n := bench.Known(s.TruncatedLambdas); n > 0 {
		t.figure("Truncated", "%s invocations stopped before their last statement", figure.Count(n))
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Throttles)) {
		t.figure("Throttled", "%s x %s", figure.Count(s.Throttles[reason]), reason)
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Retried)) {
		t.figure("Tried again", "%s x %s", figure.Count(s.Retried[kind]), kind)
	}
	for _, kind := range slices.Sorted(maps.Keys(s.ConnectRetries)) {
		t.figure("Waited for the database", "%s connections failed: %s", figure.Count(s.ConnectRetries[kind]), kind)
	}
	if bench.Known(s.Resent) > 0 {
		t.figure("Re-sent, outcome unknown", "%s statements, %s of which found their rows there", counted(s.Resent), counted(s.Confirmed))
	}
	if n := s.StoredElsewhere; n > 0 {
		t.figure("Stored elsewhere", "%s statements; the command tags tell of %s of %s acknowledged rows", figure.Count(n), counted(s.RowsAffected), figure.Count(s.Rows.Acknowledged))
	}
}

func (t *text) errors(s *bench.Summary) {
	if len(s.ErrorsByKind) > 0 {
		t.line("  Errors by kind:")
	}
	for _, e := range s.ErrorsByKind {
		t.line("    %-20s %10s %-10s %12s %-4s   %s", e.Kind, figure.Count(e.Statements), noun(e.Statements, "statement"), figure.Count(e.Rows), noun(e.Rows, "row"), e.Message)
		for _, advice := range AdviceIn(t.settings, e.Kind) {
			t.line("      hint: %s", advice)
		}
	}
	if s.Foreign() && s.Rows.Unknown > 0 {
		t.line("  hint: the function doesn't say what became of %s rows; %s", figure.Count(s.Rows.Unknown), t.log)
	}
	for _, kind := range slices.Sorted(maps.Keys(s.InvocationErrors)) {
		t.figure("Invocations failed", "%s x %s", figure.Count(s.InvocationErrors[kind]), kind)
		if kind == "ResourceNotFoundException" {
			t.line("    hint: the endpoint serves no function of that name: --function-name, or driver local --function-name NAME")
		}
	}
	if len(s.Errors) == 0 {
		return
	}
	if shown := int64(len(s.Errors)); s.FailedLambdas > shown {
		t.line("  Errors (the first %d of %s):", shown, figure.Count(s.FailedLambdas))
	} else {
		t.line("  Errors:")
	}
	for _, e := range grouped(s.Errors) {
		t.line("    %s", e)
	}
}

// noun is what n things of a name are called.
func noun(n int64, name string) string {
	if n == 1 {
		return name
	}
	return name + "s"
}

// grouped has each text once, with the invocations that ended so.
func grouped(all []bench.InvocationError) []string {
	var lines, seen []string
	for _, e := range all {
		if slices.Contains(seen, e.Error) {
			continue
		}
		seen = append(seen, e.Error)
		var indices []int
		for _, other := range all {
			if other.Error == e.Error {
				indices = append(indices, other.Index)
			}
		}
		lines = append(lines, fmt.Sprintf("%s: %s", lambdas(indices), e.Error))
	}
	return lines
}

// lambdas names up to three invocations: "Lambda 3", "Lambda 3 and 7",
// "Lambda 3, 7 and 8 more".
func lambdas(indices []int) string {
	switch n := len(indices); n {
	case 1:
		return fmt.Sprintf("Lambda %d", indices[0])
	case 2:
		return fmt.Sprintf("Lambda %d and %d", indices[0], indices[1])
	case 3:
		return fmt.Sprintf("Lambda %d, %d and %d", indices[0], indices[1], indices[2])
	default:
		return fmt.Sprintf("Lambda %d, %d and %d more", indices[0], indices[1], n-2)
	}
}

// AdviceIn is what to do about errors of a kind in a run, whose database's settings make
// some of them.
func AdviceIn(settings []bench.ServerSetting, kind string) (all []string) {
	for _, s := range settings {
		if s.Kind == kind {
			all = append(all, s.String())
		}
	}
	if advice := AdviceOn(kind); len(all) == 0 && advice != "" {
		all = append(all, advice)
	}
	return all
}

// AdviceOn is what to do about errors of a kind, a SQLSTATE or a word; empty where
// their own text has to do.
func AdviceOn(kind string) string {
	const compares = "driver schema --apply compares the table with what the statements need, and prints what cures it"
	advice := map[string]string{
		"53300":             "more connections than the cluster's quota: lower --concurrency, or raise the quota",
		"53400":             "connections opened faster than 100/s after a burst of 1,000: lower --connect-rate, or warm the environments up",
		"54000":             "a transaction beyond the cluster's limits: fewer rows per batch",
		"42P01":             "the table is missing: driver schema --apply --cluster ENDPOINT, or --database-url URL",
		"3F000":             "the table is missing: driver schema --apply --cluster ENDPOINT, or --database-url URL",
		"42501":             "the function's role lacks a right: driver schema --apply --cluster ENDPOINT --role ROLE --iam-arn ARN",
		"08006":             "the cluster lets the function in with neither its token nor its role: see the message, IAM_USERNAME and the function's dsql:DbConnect",
		failure.NotWritable: "the transactions can't write, as after a failover: name the primary server, or all of them with target_session_attrs=read-write; or RESET default_transaction_read_only of the role or database; driver doctor says of which",
		"3D000":             "there is no such database: look at DATABASE_NAME, or at the URL's path",
		"token_failed":      "the function has no credentials to make a token of: look at its execution role",
		"08P01":             "a pooler says so: it is full (PgBouncer's max_client_conn, default_pool_size, query_wait_timeout: raise those, or lower --concurrency), or its server is down; its log says why",
		"40001":             "conflicts outlasted the attempts (--retries)",
		// The server reported no error.
		"already_present": "another sending of the same invocation put the ids into the table: Lambda ran the event twice, or somebody else used the run's id",
		"not_stored":      "a trigger or rule drops the rows, or moves them where the table doesn't show them: " + compares,
		"not_checked":     "the function's role needs SELECT on the table (driver schema --apply --role ROLE), and the database time for one SELECT by ids; driver verify says which rows are there",
		"client_error":    compares,
	}
	for _, state := range []string{"23503", "23514", "P0001"} {
		advice[state] = "a foreign key, check, domain, partition or trigger of the table refuses the rows: driver schema --apply names each in a note, with the statement that takes it away"
	}
	for _, state := range []string{"42703", "42804", "42P10", "428C9", "23502", "23505", "22001", "22P02", "22007", "0A000", "55000"} {
		advice[state] = compares
	}
	if text, known := advice[kind]; known {
		return text
	}
	if len(kind) == 5 && strings.HasPrefix(kind, "28") {
		return "the database lets the function's user not in: look at its name, its password and the server's pg_hba.conf"
	}
	return table.Advice(kind)
}
