package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// Text writes the summary of a record: the verdict, the thresholds, then for each scenario
// the original suite's figures under its headings, followed by this suite's.
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
	t.cloudWatch(r)
	t.faults(r.Run.LocalTarget)
	for _, warning := range r.Run.Warnings {
		t.line("warning: %s", warning)
	}
	t.run(&r.Run)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	b   strings.Builder
	log string // how to see the function's log, in words
	// settings of the database server that end statements or slow them down.
	settings []bench.ServerSetting
}

// logOf says how to see the function's log, as far as the record knows.
func logOf(r *bench.Record) string {
	if f := r.Run.Function; f != nil {
		return fmt.Sprintf("its log may: aws logs tail /aws/lambda/%s --region %s", f.Name, r.Run.Config.Region)
	}
	return "its log may"
}

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

// entry prints a name in its column, and text beside it.
func (t *text) entry(name, format string, args ...any) {
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

// judged returns the record's verdict; it is made now if there is none yet.
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

func (t *text) comparison(a, b *bench.Summary) {
	t.line("Comparison: individual against batch")
	ratio := ""
	if a.Throughput > 0 && !b.NothingSent() {
		ratio = fmt.Sprintf(" (batch is %s x individual)", figure.Fixed(b.Throughput/a.Throughput, 1))
	}
	t.entry("Throughput", "%s against %s rows/s%s", withoutUnit(a), withoutUnit(b), ratio)
	t.entry("Average latency", "%s against %s", figure.Text(a, "invocation_avg"), figure.Text(b, "invocation_avg"))
	t.entry("P95 latency", "%s against %s", figure.Text(a, "invocation_p95"), figure.Text(b, "invocation_p95"))
	t.line("")
}

func withoutUnit(s *bench.Summary) string {
	return strings.TrimSuffix(figure.Text(s, "throughput"), " rows/s")
}

func (t *text) faults(l *bench.LocalTarget) {
	if l == nil || len(l.Faults) == 0 {
		return
	}
	t.line("Injected faults (%s)", strings.Join(l.Faults, ", "))
	for _, name := range slices.Sorted(maps.Keys(l.Injected)) {
		t.entry(name, "%s", figure.Count(l.Injected[name]))
	}
	t.line("")
}

// run prints the last lines: the function, and how the run went.
func (t *text) run(run *bench.Run) {
	if f := run.Function; f != nil {
		t.line("Function %s: %s, %s, %s MB, time-out %s s, version %s", f.Name, f.Runtime, f.Architecture, figure.Count(f.MemoryMB), figure.Plain(f.TimeoutSeconds), f.Version)
	}
	t.line("Run %s: %s", run.ID, outcome(run))
}

// outcome says in a line how the run went.
func outcome(run *bench.Run) string {
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
	if run.Config.Statement == bench.ByUnnest {
		state += ", INSERTs by unnest"
	}
	if r := run.Repeat; r != nil {
		state += fmt.Sprintf(", %d of %d equal runs", r.Number, r.Of)
	}
	return state
}
