package html

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/report"
)

// scenarioPart returns the chapter about one scenario.
func scenarioPart(r *bench.Record, s *bench.Summary) part {
	id := string(s.Scenario)
	p := part{ID: id, Title: figure.Title(s.Scenario)}
	over := section{ID: id + "-timeline", Title: "Over time"}
	for _, c := range timelineOf(r, s).charts() {
		over.Blocks = append(over.Blocks, block{Chart: c})
	}
	switch {
	case idle(s):
		over.Blocks = []block{note("No invocation was sent, so there is no time to look at.")}
	case s.StartedAt.IsZero():
		over.Blocks = []block{note("These results don't say when the invocations were sent, nor what happened in which second.")}
	case len(s.Timeline) == 0:
		over.Blocks = []block{note("These results hold no second of this scenario: no statement was reported with its time.")}
	}
	p.Sections = []section{
		{ID: id + "-figures", Title: "Figures", Lead: s.Description, Blocks: figures(s)},
		over,
		{ID: id + "-latency-distribution", Title: "Distribution of latency", Blocks: []block{
			{Chart: percentiles(id+"-percentiles", "Latency by percentile", s)}, {Chart: histogram(s)},
		}},
		slowest(s),
		{ID: id + "-trouble", Title: "Errors", Blocks: trouble(s, r.Run.ServerSettings)},
		invocations(s),
		{ID: id + "-client", Title: "Client load and admission", Blocks: []block{client(s), admission(s)}},
		{ID: id + "-billed", Title: "Billed by Lambda", Blocks: []block{billed(r, s.Billed)}},
	}
	return p
}

// idle reports whether no invocation of s was sent.
func idle(s *bench.Summary) bool {
	return s.Invocations.Acknowledged+s.Invocations.Failed+s.Invocations.Unknown == 0
}

// noError returns the sentence for a scenario without reported errors of statements.
func noError(s *bench.Summary) string {
	if a := s.Statements; a != nil && a.Failed+a.Unknown > 0 {
		return "no error of a statement was reported; " + figure.Plural(a.Failed+a.Unknown, "statement") + " ended with their invocations"
	}
	return "no statement failed"
}

// figures shows the accounts, the latency and the other numbers of a scenario.
func figures(s *bench.Summary) []block {
	t := &table{Head: []string{"", "planned#", "acknowledged#", "failed#", "unknown#", "not started#"}}
	t.Rows = append(t.Rows, accountRow("rows", s.Rows))
	if s.Statements != nil {
		t.Rows = append(t.Rows, accountRow("statements", *s.Statements))
	} else {
		t.Note = "The function doesn't report single statements: it isn't this suite's."
	}
	t.Rows = append(t.Rows, accountRow("invocations", s.Invocations))
	facts := []fact{
		{Name: "Throughput", Value: figure.Text(s, "throughput")},
		{Name: "Duration", Value: figure.Text(s, "duration"), Note: "first call to last answer"},
		{Name: "In flight at most", Value: figure.Count(int64(s.Concurrency)), Note: "invocations"},
	}
	if !foreign(s) {
		facts = append(facts, statementFacts(s)...)
	}
	blocks := []block{{Table: t}, {Table: latencyTable(s)}, {Facts: facts}}
	if !s.Rows.Balanced() {
		blocks = append([]block{note("PROBLEM: the rows don't balance: planned is not the sum of the others.")}, blocks...)
	}
	return blocks
}

// latencyTable has a row for the statements, and one for the function's part of the latency.
func latencyTable(s *bench.Summary) *table {
	l := s.StatementLatency
	head, whole, own := []string{""}, []string{"statement latency"}, []string{"of that in the function itself"}
	for _, name := range figure.Latencies() {
		head, whole = append(head, name+"#"), append(whole, figure.Text(s, name))
		part := ""
		if s.Overhead != nil && s.Overhead.At(name) != nil {
			part = figure.Ms(s.Overhead.At(name))
		}
		own = append(own, part)
	}
	t := &table{Head: head, Rows: [][]cell{row(whole...)}}
	for _, part := range []struct {
		name string
		of   *bench.StatementLatency
	}{{"opened a connection", s.Connecting}, {"on an open connection", s.Connected}} {
		if part.of != nil {
			t.Rows = append(t.Rows, row(latencyCells(part.name, part.of)...))
		}
	}
	if s.Overhead != nil {
		own[len(own)-1] = figure.Ms(&s.Overhead.Max)
		t.Rows = append(t.Rows, row(own...))
	}
	switch {
	case l.Count == 0:
		t.Note = capital(noLatency(s)) + ", so there is no latency."
	case len(l.TooFewFor) > 0:
		t.Note = fmt.Sprintf("* %s are too few for %s: fewer than ten lie beyond.", figure.Plural(l.Count, "sample"), strings.Join(l.TooFewFor, ", "))
	}
	return t
}

// latencyCells returns a row of latencyTable; the name gets the number of statements.
func latencyCells(name string, l *bench.StatementLatency) []string {
	cells := []string{name + ": " + figure.Count(l.Count), figure.Ms(l.Min), figure.Ms(l.Avg)}
	for _, q := range bench.Quantiles() {
		text := figure.Ms(l.At(q.Name))
		if l.Few(q.Name) {
			text += "*"
		}
		cells = append(cells, text)
	}
	return append(cells, figure.Ms(l.Max))
}

// statementFacts returns the facts that only this suite's function reports.
func statementFacts(s *bench.Summary) []fact {
	return []fact{
		{Name: "By command tags", Value: pluralOf(s.RowsAffected, "row"), Note: elsewhere(s)},
		attempts(s),
		{Name: "Tried again", Value: kinds(s.Retried)},
		{Name: "No answer, sent again", Value: pluralOf(s.Resent, "statement"), Note: figure.CountOrAbsent(s.Confirmed) + " found their rows there"},
		{Name: "Connections failed", Value: kinds(s.ConnectRetries), Note: "between statements, waiting for the database"},
		{Name: "Stopped early", Value: pluralOf(s.TruncatedLambdas, "invocation"), Note: "before the last statement"},
		{Name: "Clock offset", Value: figure.Ms(s.ClockOffset), Note: "at least, of the function from the driver"},
	}
}

// elsewhere returns why the command tags count fewer rows than were acknowledged; empty if
// no trigger writes rows elsewhere.
func elsewhere(s *bench.Summary) string {
	if s.StoredElsewhere == 0 {
		return ""
	}
	return "a trigger wrote those of " + figure.Count(s.StoredElsewhere) + " statements elsewhere in the table"
}

// attempts returns the number of attempts that the invocations told of.
func attempts(s *bench.Summary) fact {
	f := fact{Name: "Attempts", Value: figure.CountOrAbsent(s.Attempts)}
	switch {
	case s.FailedLambdas > 0 && s.SuccessfulLambdas == 0 && bench.Known(s.Attempts) == 0:
		f.Value, f.Note = absent, "no invocation succeeded"
	case s.FailedLambdas > 0 && s.Attempts != nil:
		f.Note = "at least: failed invocations don't tell of all"
	}
	return f
}

// accountRow returns a row of an account, with the rows that weren't acknowledged in red.
func accountRow(name string, a bench.Account) []cell {
	cells := row(name, figure.Count(a.Planned), figure.Count(a.Acknowledged), figure.Count(a.Failed), figure.Count(a.Unknown), figure.Count(a.NotStarted))
	for i, n := range []int64{a.Failed, a.Unknown, a.NotStarted} {
		cells[3+i].Class = wrong(n > 0)
	}
	return cells
}

// trouble shows the errors of statements and of invocations, with advice for known kinds.
func trouble(s *bench.Summary, settings []bench.ServerSetting) []block {
	var blocks []block
	switch {
	case foreign(s):
		blocks = append(blocks, note("The function doesn't report how its statements failed: its log may. Rows of which nothing else is known: "+figure.Count(s.Rows.Unknown)+"."))
	case len(s.ErrorsByKind) == 0:
		blocks = append(blocks, note(capital(noError(s))+"."))
	default:
		t := &table{Caption: "Statements, by kind", Head: []string{"kind", "statements#", "rows#", "message of the first"}}
		for _, e := range s.ErrorsByKind {
			t.Rows = append(t.Rows, row(e.Kind, figure.Count(e.Statements), figure.Count(e.Rows), e.Message))
		}
		blocks = append(blocks, block{Table: t})
		for _, e := range s.ErrorsByKind {
			for _, advice := range report.AdviceIn(settings, e.Kind) {
				blocks = append(blocks, note(e.Kind+": "+advice))
			}
		}
	}
	if len(s.InvocationErrors) > 0 {
		t := &table{Caption: "Invocations, by kind", Head: []string{"kind", "invocations#"}}
		for _, kind := range slices.Sorted(maps.Keys(s.InvocationErrors)) {
			t.Rows = append(t.Rows, row(kind, figure.Count(s.InvocationErrors[kind])))
		}
		blocks = append(blocks, block{Table: t})
	}
	if len(s.Errors) > 0 {
		t := &table{Caption: "The first invocations that failed", Head: []string{"invocation#", "error"}}
		for _, e := range s.Errors {
			t.Rows = append(t.Rows, row(figure.Count(int64(e.Index)), e.Error))
		}
		blocks = append(blocks, block{Table: t})
	} else if len(s.InvocationErrors) == 0 {
		blocks = append(blocks, note("No invocation failed."))
	}
	return blocks
}

// client shows the load of the driver's machine, which may have limited the throughput.
func client(s *bench.Summary) block {
	c := s.Client
	switch {
	case s.NothingSent():
		return note("Nothing was sent: what the machine did meanwhile is in no figure.")
	case c == nil:
		return note("The machine that sent wasn't watched: whether it was too busy to send more isn't known.")
	}
	bound := "no"
	if c.Bound {
		bound = "yes: read the throughput as \"at least\""
	}
	return block{Facts: []fact{
		{Name: "Too busy to send", Value: bound},
		{Name: "Processors busy", Value: percent(c.MachineCPUAvg), Note: "on average; " + percent(c.MachineCPUMax) + " in the busiest second"},
		{Name: "By the driver", Value: percent(&c.DriverCPUAvg), Note: "of all processors, on average"},
		{Name: "Timers late by", Value: figure.Ms(c.LagP99Ms), Note: "p99; at most " + figure.Ms(c.LagMaxMs)},
		{Name: "Clock stepped by", Value: millis(c.ClockStepMs)},
	}}
}

// admission shows how many invocations the fan-out had in flight, and when it had to lower that.
func admission(s *bench.Summary) block {
	throttled := fact{Name: "Throttled calls", Value: kinds(s.Throttles)}
	a := s.Admission
	if a == nil {
		throttled.Note = "how the fan-out dealt with them isn't in these results"
		return block{Facts: []fact{throttled}}
	}
	lowered := fact{Name: "Limit lowered", Value: "never"}
	if a.Backoffs > 0 {
		lowered.Value = figure.Plural(a.Backoffs, "time")
		lowered.Note = fmt.Sprintf("to %s at the lowest; %s s below what was asked", figure.Count(int64(a.Floor)), figure.Fixed(a.HeldSeconds, 2))
	}
	return block{Facts: []fact{
		{Name: "In flight", Value: fmt.Sprintf("%s of %s asked", figure.Count(int64(a.Reached)), figure.Count(int64(a.Asked)))},
		throttled,
		lowered,
		{Name: "First call", Value: millis(a.FirstSendMs), Note: "after the scenario's start"},
		{Name: "Calls spread over", Value: millis(a.SendSpreadMs), Note: "until as many were sent as may be in flight"},
	}}
}

// billed shows the numbers from Lambda's REPORT lines.
func billed(r *bench.Record, b *bench.Billed) block {
	switch {
	case (b == nil || b.Invocations == 0) && r.Run.Target == bench.Local:
		return note("Nothing is known of billing: these results hold no REPORT line of the local Lambda service.")
	case b == nil || b.Invocations == 0:
		return note("Lambda reported nothing: no response had a REPORT line.")
	}
	t := &table{Head: statsHead(), Rows: [][]cell{statsRow("duration", b.DurationMs), statsRow("init of cold starts", b.InitMs)}}
	init := ""
	if seconds := b.InitSeconds(); seconds > 0 {
		init = fmt.Sprintf(", %s s of it init", number(&seconds))
	}
	t.Note = fmt.Sprintf("%s with a REPORT line; %s s billed%s; %s; %s MB of memory, %s MB used at most.",
		figure.Plural(b.Invocations, "invocation"), number(&b.BilledSeconds), init, figure.Plural(b.Inits, "environment")+" started", figure.Count(b.MemoryMB), figure.Count(b.MaxMemoryMB))
	return block{Table: t}
}
