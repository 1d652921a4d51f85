package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// Text writes the summary of a record: the verdict, the thresholds, the original
// suite's figures under its headings, then ours.
func Text(w io.Writer, r *bench.Record) error {
	r = quote.Copy(r)
	t := &text{log: logOf(r), settings: r.Run.ServerSettings}
	t.verdict(r)
	t.thresholds(r)
	for _, s := range r.Summaries() {
		if r.NotRun(s) {
			t.line("Results Summary: %s\n  not run: the run was stopped before its turn\n", figure.Title(s.Scenario))
			continue
		}
		t.scenario(s)
	}
	if r.Scenario1 != nil && r.Scenario2 != nil {
		t.comparison(r.Scenario1, r.Scenario2)
	}
	t.verification(r.Verification, r.Stands())
	t.otherLooks(r)
	t.telemetry(r)
	t.cost(r)
	t.cloudWatch(r.CloudWatch)
	t.faults(r.Run.LocalTarget)
	for _, warning := range r.Run.Warnings {
		t.line("warning: %s", warning)
	}
	t.run(&r.Run)
	_, err := io.WriteString(w, t.b.String())
	return err
}

// Verification writes what a look at the table found, as Text does.
func Verification(w io.Writer, l *bench.Look) error {
	t := &text{}
	l = quote.Copy(l)
	t.verification(&l.Verification, l)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	b   strings.Builder
	log string // where the function's log is, in words
	// settings are those of the server that end statements or slow them.
	settings []bench.ServerSetting
}

// logOf is where the function's log is, as far as the record says.
func logOf(r *bench.Record) string {
	if f := r.Run.Function; f != nil {
		return fmt.Sprintf("its log may: aws logs tail /aws/lambda/%s --region %s", f.Name, r.Run.Config.Region)
	}
	return "its log may"
}

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

func (t *text) figure(name, format string, args ...any) {
	t.line("  %-26s "+format, append([]any{name + ":"}, args...)...)
}

// verdict comes first: a reader who reads one line must read this one.
func (t *text) verdict(r *bench.Record) {
	v := judged(r)
	t.line("VERDICT: %s", v.Word)
	for _, reason := range v.Reasons {
		t.line("  %-8s %s", reason.Severity, reasonText(reason))
	}
	t.line("")
}

// judged is the record's verdict, made now where it has none yet.
func judged(r *bench.Record) *bench.Verdict {
	if r.Verdict == nil {
		return judge.Record(r)
	}
	return r.Verdict
}

func reasonText(r bench.Reason) string {
	if r.Scenario == "" {
		return r.Text
	}
	return string(r.Scenario) + ": " + r.Text
}

// thresholds are a table: what was demanded, what there is.
func (t *text) thresholds(r *bench.Record) {
	if len(r.Thresholds) == 0 {
		return
	}
	if failed := len(r.FailedThresholds()); failed > 0 {
		t.line("Thresholds: %d of %d NOT met", failed, len(r.Thresholds))
	} else {
		t.line("Thresholds: all %d met", len(r.Thresholds))
	}
	table := tabwriter.NewWriter(&t.b, 0, 0, 2, ' ', 0)
	for _, h := range r.Thresholds {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", passed(h.OK), thresholdName(h), demand(h), found(r, h))
	}
	_ = table.Flush() // to a strings.Builder, which takes everything
	t.line("")
}

func passed(ok bool) string {
	if ok {
		return "pass"
	}
	return "FAIL"
}

// thresholdName is "batch p99", or the text of one that couldn't be read.
func thresholdName(h bench.Threshold) string {
	if h.Operator == "" {
		return h.Text
	}
	return strings.TrimSpace(string(h.Scenario) + " " + h.Figure)
}

// Missed says of each threshold that isn't met what was demanded, and what there is.
func Missed(r *bench.Record) (all []string) {
	for _, h := range r.FailedThresholds() {
		all = append(all, fmt.Sprintf("threshold %s isn't met: %s is %s", h.Text, thresholdName(h), found(r, h)))
	}
	return all
}

func demand(h bench.Threshold) string { return h.Operator + " " + figure.Exact(&h.Limit, h.Unit) }

// found is a threshold's value, or why there is none.
func found(r *bench.Record, h bench.Threshold) string {
	if why := threshold.WhyNoValue(r, h); why != "" {
		return absent + ": " + why
	}
	for _, s := range r.Summaries() {
		if s.Scenario == h.Scenario && s.StatementLatency.Few(h.Figure) {
			return figure.Exact(h.Value, h.Unit) + "* (too few samples)"
		}
	}
	return figure.Exact(h.Value, h.Unit)
}

func (t *text) comparison(a, b *bench.Summary) {
	t.line("Comparison: individual against batch")
	ratio := ""
	if a.Throughput > 0 && !b.NothingSent() {
		ratio = fmt.Sprintf(" (batch is %s x individual)", figure.Fixed(b.Throughput/a.Throughput, 1))
	}
	t.figure("Throughput", "%s against %s rows/s%s", withoutUnit(a), withoutUnit(b), ratio)
	t.figure("Average latency", "%s against %s", figure.Text(a, "invocation_avg"), figure.Text(b, "invocation_avg"))
	t.figure("P95 latency", "%s against %s", figure.Text(a, "invocation_p95"), figure.Text(b, "invocation_p95"))
	t.line("")
}

func withoutUnit(s *bench.Summary) string {
	return strings.TrimSuffix(figure.Text(s, "throughput"), " rows/s")
}

// verification is what was found, and when and where somebody looked, unless that is
// nil: it isn't known.
func (t *text) verification(v *bench.Verification, l *bench.Look) {
	if v == nil {
		return
	}
	t.line("Verification (%s)", v.Mode)
	if l != nil {
		t.figure("Looked", "%s", l.Where())
		t.figure("Database", "%s", whichDatabase(l.Database))
	}
	if v.Problem != "" {
		t.line("  PROBLEM: %s", v.Problem)
	}
	switch {
	case v.Mode == bench.VerifyOff:
		t.line("  nothing was looked at")
	case !v.Looked():
		t.line("  no id was asked for: nothing is known of the table")
	case v.RowsAfter != nil:
		t.line("  %s rows in the table before, %s after: %s more, whoever wrote them", figure.CountOrAbsent(v.RowsBefore), figure.CountOrAbsent(v.RowsAfter), figure.Count(v.More()))
	case v.Mode == bench.VerifyCount:
		t.line("  %s of %s planned ids are in the table", figure.Count(v.Present), figure.Count(v.IDsAsked))
	default:
		t.figure("Acknowledged, present", "%s", figure.Count(v.AcknowledgedPresent))
		t.figure("Acknowledged, LOST", "%s", figure.Count(v.Lost))
		t.figure("Unacknowledged, present", "%s", figure.Count(v.UnacknowledgedPresent))
		t.figure("Unacknowledged, absent", "%s", figure.Count(v.Absent))
		if bench.Known(v.Unexpected) > 0 {
			t.line("  %s of those present are of statements that failed or were not started (%s)", figure.Count(*v.Unexpected), v.UnexpectedWhere)
		}
	}
	for _, line := range placedLines(v) {
		t.line("  %s", line)
	}
	t.line("")
}

func whichDatabase(d *bench.Database) string {
	if d == nil {
		return "database not known"
	}
	return d.String()
}

// otherLooks are those that don't stand, and what driver cleanup removed.
func (t *text) otherLooks(r *bench.Record) {
	stands := r.Stands()
	if len(r.Looks) > 1 {
		t.line("Other looks at the table (the one above stands: none tells more)")
		for i := range r.Looks {
			if l := &r.Looks[i]; l != stands {
				t.line("  %s (%s), %s: %s", l.Where(), l.Verification.Mode, whichDatabase(l.Database), lookFound(l))
			}
		}
		t.line("")
	}
	if len(r.Cleanups) > 0 {
		t.line("Cleanup")
		for _, c := range r.Cleanups {
			t.line("  %s (%s)", c, whichDatabase(c.Database))
		}
		t.line("")
	}
}

// lookFound is the result of a look in a line.
func lookFound(l *bench.Look) string {
	v := &l.Verification
	switch {
	case v.Problem != "" && v.RowsFile != "":
		return v.Problem + "; they are listed in " + v.RowsFile
	case v.Problem != "":
		return v.Problem
	case v.RowsAfter != nil:
		return figure.Count(v.More()) + " rows more than before"
	}
	return figure.Count(v.Present) + " of " + figure.Count(v.IDsAsked) + " planned ids found"
}

func (t *text) faults(l *bench.LocalTarget) {
	if l == nil || len(l.Faults) == 0 {
		return
	}
	t.line("Injected faults (%s)", strings.Join(l.Faults, ", "))
	for _, name := range slices.Sorted(maps.Keys(l.Injected)) {
		t.figure(name, "%s", figure.Count(l.Injected[name]))
	}
	t.line("")
}

func (t *text) run(run *bench.Run) {
	if f := run.Function; f != nil {
		t.line("Function %s: %s, %s, %s MB, time-out %s s, version %s", f.Name, f.Runtime, f.Architecture, figure.Count(f.MemoryMB), figure.Plain(f.TimeoutSeconds), f.Version)
	}
	t.line("Run %s: %s", run.ID, course(run))
}

// course says in a line how the run went.
func course(run *bench.Run) string {
	state := fmt.Sprintf("%s in %s s, started %s", run.Status, figure.Fixed(run.DurationSeconds, 1), figure.Moment(run.StartedAt))
	switch {
	case run.Status == bench.Running:
		state = fmt.Sprintf("running since %s, or killed", figure.Moment(run.StartedAt))
	case run.Status == bench.Killed && run.DurationSeconds > 0:
		state = fmt.Sprintf("killed after %.1f s, started %s", run.DurationSeconds, figure.Moment(run.StartedAt))
	case run.DurationSeconds == 0: // killed before the first invocation ended
		state = fmt.Sprintf("%s, nobody knows when, started %s", run.Status, figure.Moment(run.StartedAt))
	}
	state += fmt.Sprintf(", target %s, seed %d", run.Target, run.Seed)
	if r := run.Repeat; r != nil {
		state += fmt.Sprintf(", %d of %d equal runs", r.Number, r.Of)
	}
	return state
}
