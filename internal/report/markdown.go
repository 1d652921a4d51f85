package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// slowestInMarkdown is how many of the slowest statements the Markdown report names.
const slowestInMarkdown = 5

// Markdown writes the record as GitHub's Markdown, short enough for a comment on
// a pull request.
func Markdown(w io.Writer, r *bench.Record) error {
	r = quote.Copy(r)
	m := &markdown{}
	m.verdict(r)
	m.thresholds(r)
	m.summary(r)
	m.errors(r)
	m.slowest(r)
	m.placed(r.Verification)
	m.waitEvents(r)
	m.run(r)
	_, err := io.WriteString(w, strings.TrimLeft(m.b.String(), "\n"))
	return err
}

type markdown struct{ b strings.Builder }

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n", args...) }

// table writes an empty line, a head and rows. The caller has escaped the cells that hold
// text from outside.
func (m *markdown) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	m.line("\n| %s |", strings.Join(head, " | "))
	m.line("|%s", strings.Repeat("---|", len(head)))
	for _, row := range rows {
		m.line("| %s |", strings.Join(row, " | "))
	}
}

func (m *markdown) verdict(r *bench.Record) {
	v := judged(r)
	m.line("### Load test: %s", quote.Markdown(string(v.Word)))
	if len(v.Reasons) > 0 {
		m.line("")
	}
	for _, reason := range v.Reasons {
		m.line("- **%s** %s", quote.Markdown(string(reason.Severity)), quote.Markdown(reasonText(reason)))
	}
}

func (m *markdown) thresholds(r *bench.Record) {
	var rows [][]string
	for _, h := range r.Thresholds {
		met := passed(h.OK)
		if !h.OK {
			met = "**" + met + "**"
		}
		rows = append(rows, []string{met, quote.Markdown(thresholdName(h)), quote.Markdown(demand(h)), quote.Markdown(found(r, h))})
	}
	m.table([]string{"", "threshold", "demand", "value"}, rows)
}

// waitEvents prints what the cluster's sessions did, beside the phases of the slowest statements.
func (m *markdown) waitEvents(r *bench.Record) {
	if r.CloudWatch == nil || r.CloudWatch.WaitEvents == nil {
		return
	}
	w := r.CloudWatch.WaitEvents
	if missing := w.Missing(); missing != "" {
		m.line("\nWait events in CloudWatch: %s", quote.Markdown(missing))
	}
	var rows [][]string
	for i := range w.Events {
		e := &w.Events[i]
		rows = append(rows, []string{quote.Markdown(e.Name), figure.Sessions(e.Sessions), figure.WaitShare(w, e), e.Means()})
	}
	m.table([]string{"wait event", "average active sessions", "share", ""}, rows)
	for i, s := range r.Summaries() {
		if phases := figure.Phases(s); phases != "" && len(rows) > 0 {
			if i == 0 {
				m.line("")
			}
			m.line("- phases of the slowest statements (%s): %s", quote.Markdown(string(s.Scenario)), quote.Markdown(phases))
		}
	}
}

// summary prints a table with a column for each scenario.
func (m *markdown) summary(r *bench.Record) {
	all := r.Summaries()
	head := []string{""}
	for _, s := range all {
		head = append(head, figure.Title(s.Scenario))
	}
	var rows [][]string
	row := func(name string, of func(*bench.Summary) string) {
		cells := []string{name}
		for _, s := range all {
			cells = append(cells, of(s))
		}
		rows = append(rows, cells)
	}
	pick := func(label, name string) {
		row(label, func(s *bench.Summary) string { return starEscaped(figure.Text(s, name)) })
	}
	pick("Throughput", "throughput")
	row("Rows acknowledged", func(s *bench.Summary) string {
		return figure.Count(s.Rows.Acknowledged) + " of " + figure.Count(s.Rows.Planned)
	})
	row("Rows failed, unknown, not started", func(s *bench.Summary) string {
		return figure.Count(s.Rows.Failed) + ", " + figure.Count(s.Rows.Unknown) + ", " + figure.Count(s.Rows.NotStarted)
	})
	row("Invocations successful", func(s *bench.Summary) string {
		return figure.Count(s.SuccessfulLambdas) + " of " + figure.Count(s.TotalLambdas)
	})
	pick("Duration", "duration")
	for _, q := range bench.Quantiles() {
		if q.Short {
			pick("Statement "+q.Name, q.Name)
		}
	}
	pick("Statement max", "max")
	m.connections(all, row)
	pick("Invocation p95", "invocation_p95")
	pick("Cold starts", "cold_starts")
	if len(all) > 0 {
		m.table(head, rows)
	}
}

// connections adds rows for the statements that opened a connection and for the others, if a
// scenario has any of the former.
func (m *markdown) connections(all []*bench.Summary, row func(string, func(*bench.Summary) string)) {
	if !slices.ContainsFunc(all, func(s *bench.Summary) bool { return s.Connecting != nil }) {
		return
	}
	add := func(name string, of func(*bench.Summary) *bench.StatementLatency) {
		row("Statements that "+name, func(s *bench.Summary) string {
			if l := of(s); l != nil {
				return starEscaped(ofStatements(l))
			}
			return absent
		})
	}
	add("opened a connection", func(s *bench.Summary) *bench.StatementLatency { return s.Connecting })
	add("ran on an open connection", func(s *bench.Summary) *bench.StatementLatency { return s.Connected })
}

// starEscaped escapes the * after a percentile, which would begin emphasis.
func starEscaped(text string) string { return strings.ReplaceAll(text, "*", `\*`) }

func (m *markdown) errors(r *bench.Record) {
	var rows [][]string
	for _, s := range r.Summaries() {
		for _, e := range s.ErrorsByKind {
			message := quote.Markdown(e.Message)
			for _, advice := range AdviceIn(r.Run.ServerSettings, e.Kind) {
				message += "; hint: " + quote.Markdown(advice)
			}
			rows = append(rows, []string{quote.Markdown(string(s.Scenario)), quote.Code(e.Kind), figure.Count(e.Statements) + " " + figure.Noun(e.Statements, "statement"), message})
		}
		if s.Foreign() && s.Rows.Unknown > 0 {
			rows = append(rows, []string{quote.Markdown(string(s.Scenario)), "not told", figure.Count(s.Rows.Unknown) + " rows", quote.Markdown("the function doesn't say what became of them; " + logOf(r))})
		}
		for _, e := range grouped(s.Errors) {
			rows = append(rows, []string{quote.Markdown(string(s.Scenario)), "invocation", figure.Count(s.FailedLambdas) + " in all", quote.Markdown(e)})
		}
	}
	m.table([]string{"scenario", "error", "how often", "message"}, rows)
}

func (m *markdown) slowest(r *bench.Record) {
	type placed struct {
		scenario bench.Scenario
		bench.Statement
	}
	var all []placed
	for _, s := range r.Summaries() {
		for _, statement := range s.Slowest {
			all = append(all, placed{s.Scenario, statement})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(b.LatencyUs, a.LatencyUs) })
	var rows [][]string
	for _, s := range all[:min(len(all), slowestInMarkdown)] {
		latency := float64(s.LatencyUs) / 1000
		trace := ""
		if s.TraceURL != "" {
			trace = quote.MarkdownLink("trace", s.TraceURL)
		}
		place := fmt.Sprintf("Lambda %d, iteration %d", s.Invocation, s.Iteration)
		became := fmt.Sprintf("%s, attempts: %d%s", s.Outcome, s.Attempts, dominantPhase(&s.Statement))
		rows = append(rows, []string{figure.Ms(&latency), quote.Markdown(string(s.scenario)), place, quote.Markdown(became), trace})
	}
	m.table([]string{"slowest statements", "scenario", "place", "what became of it", ""}, rows)
}

// placed prints the rows for which the table and the run disagree.
func (m *markdown) placed(v *bench.Verification) {
	if v == nil {
		return
	}
	var rows [][]string
	for _, c := range PlacedCells(slices.Concat(v.LostRows, v.UnexpectedRows)) {
		rows = append(rows, []string{quote.Markdown(c[0]), quote.Code(c[1]), quote.Markdown(c[2]), quote.Markdown(c[3]), quote.Markdown(c[4])})
	}
	m.table([]string{"rows not as acknowledged", "id", "place", "time", "environment"}, rows)
	if all := v.Lost + bench.Known(v.Unexpected); all > int64(len(rows)) && len(rows) > 0 {
		m.line("\n%s more; all are listed in %s", figure.Count(all-int64(len(rows))), quote.Code(cmp.Or(v.RowsFile, "no file")))
	}
}

func (m *markdown) run(r *bench.Record) {
	m.line("")
	for _, warning := range r.Run.Warnings {
		m.line("- warning: %s", quote.Markdown(warning))
	}
	if len(r.Run.Warnings) > 0 {
		m.line("")
	}
	m.line("Run %s: %s", quote.Code(r.Run.ID), quote.Markdown(outcome(&r.Run)))
	if t := r.Telemetry; t != nil && t.Spans.NotKept > 0 {
		m.line("\n%s not kept, with %s: of fast statements beyond a sample; no figure depends on them",
			figure.Plural(t.Spans.NotKept, "span"), figure.Plural(t.NotKeptRows, "row"))
	}
	if l := r.Run.Links; l != nil {
		m.line("\n%s | %s | %s | %s", quote.MarkdownLink("Dashboard", l.Dashboard), quote.MarkdownLink("slow statements", l.SlowStatements),
			quote.MarkdownLink("telemetry health", l.TelemetryHealth), quote.MarkdownLink("the run's trace", l.RunTrace))
	}
}
