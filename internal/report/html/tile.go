package html

import (
	"cmp"
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// tiles shows the most important figures, of one scenario or of the run.
type tiles struct {
	Title string
	Link  string
	Tiles []tile
}

// tile is one figure. Figure is its name in the page (data-figure).
type tile struct {
	Figure, Name, Value, Note string
	Class                     string // good, bad, warn or empty
}

// tilesOf returns the tiles of each scenario, then those of the run.
func tilesOf(r *bench.Record) []tiles {
	var all []tiles
	for _, s := range r.Summaries() {
		all = append(all, tiles{Title: figure.Title(s.Scenario), Link: string(s.Scenario), Tiles: scenarioTiles(s)})
	}
	return append(all, tiles{Title: "The run", Link: "run", Tiles: runTiles(r)})
}

// scenarioTiles returns the tiles of a scenario. Their values come from package figure.
func scenarioTiles(s *bench.Summary) []tile {
	l := s.StatementLatency
	return []tile{
		{Figure: "rows", Name: "Rows acknowledged", Value: figure.Count(s.Rows.Acknowledged), Note: "of " + figure.Count(s.Rows.Planned) + " planned", Class: wrong(!s.Rows.Complete())},
		{Figure: "throughput", Name: "Throughput", Value: figure.Text(s, "throughput"), Note: throughputNote(s)},
		{Figure: "success", Name: "Success rate", Value: figure.Text(s, "success_rate"), Note: fmt.Sprintf("of rows; %s of %s succeeded", figure.Count(s.SuccessfulLambdas), figure.Plural(s.TotalLambdas, "invocation")), Class: wrong(!s.Rows.Complete() || s.SuccessfulLambdas != s.TotalLambdas)},
		{Figure: "p50", Name: "p50 latency", Value: figure.Text(s, "p50"), Note: latencyNote(s, "of "+figure.Plural(l.Count, "statement"))},
		{Figure: "p99", Name: "p99 latency", Value: figure.Text(s, "p99"), Note: latencyNote(s, tooFew(l, "p99"))},
		{Figure: "max", Name: "Slowest", Value: figure.Text(s, "max"), Note: latencyNote(s, "statement acknowledged")},
		{Figure: "retries", Name: "Tried again", Value: figure.Text(s, "retries"), Note: ifReported(s, figure.Plural(s.Conflicts(), "conflict"))},
		{Figure: "cold", Name: "Cold starts", Value: figure.Text(s, "cold_starts"), Note: environmentsNote(s)},
	}
}

// environmentsNote says how much is known: for an invocation without a response neither its
// environment is known nor, sometimes, whether it was a cold start.
func environmentsNote(s *bench.Summary) string {
	switch {
	case s.ColdStarts == nil:
		return notReported
	case s.Environments == nil:
		return "by Lambda's REPORT lines"
	case s.FailedLambdas > 0:
		return "known of; " + pluralOf(s.Environments, "environment") + " answered"
	}
	return "in " + pluralOf(s.Environments, "environment")
}

// notReported is the note for numbers that only this suite's function reports.
const notReported = "the function doesn't report it"

// ifReported returns text, unless the function is a foreign one.
func ifReported(s *bench.Summary, text string) string {
	if foreign(s) {
		return notReported
	}
	return text
}

// latencyNote returns text, unless there is no latency.
func latencyNote(s *bench.Summary, text string) string {
	if s.StatementLatency.Count == 0 {
		text = "no statement acknowledged"
	}
	return ifReported(s, text)
}

func throughputNote(s *bench.Summary) string {
	if s.NothingSent() {
		return "nothing was sent"
	}
	return "over " + figure.Text(s, "duration")
}

// tooFew returns the note of a percentile.
func tooFew(l bench.StatementLatency, name string) string {
	if l.Count > 0 && l.Few(name) {
		return "* too few samples"
	}
	return "of statements acknowledged"
}

// wrong returns the class for a value that is bad news.
func wrong(is bool) string {
	if is {
		return "bad"
	}
	return ""
}

// runTiles returns the tiles about the whole run.
func runTiles(r *bench.Record) []tile {
	status := tile{Figure: "status", Name: "Status", Value: cmp.Or(string(r.Run.Status), absent), Note: lasted(r) + ", target " + string(r.Run.Target), Class: wrong(r.Run.Status != bench.Complete)}
	return []tile{status, tableTile(r.Verification), accountsTile(r.Accounts), costTile(r)}
}

// tableTile shows how many acknowledged rows the table lost.
func tableTile(v *bench.Verification) tile {
	t := tile{Figure: "lost", Name: "Rows lost", Value: absent, Note: "the table was not looked at"}
	switch {
	case v == nil || v.Mode == bench.VerifyOff || !v.Looked():
	case v.RowsAfter != nil:
		t.Note = fmt.Sprintf("%s rows more than before", figure.Count(v.More()))
		t.Class = wrong(!v.OK)
	case v.Mode == bench.VerifyCount:
		t.Note = fmt.Sprintf("%s of %s ids counted", figure.Count(v.Present), figure.Count(v.IDsAsked))
		t.Class = wrong(!v.OK)
	default:
		t.Value, t.Note, t.Class = figure.Count(v.Lost), "acknowledged and not in the table", wrong(!v.OK)
	}
	return t
}

// accountsTile shows whether the four accounts agree.
func accountsTile(a *bench.Accounts) tile {
	t := tile{Figure: "accounts", Name: "Four accounts", Value: absent, Note: "not observed: telemetry was off"}
	if a == nil {
		return t
	}
	t.Value, t.Note = "agree", "database, responses, metrics, traces"
	if len(a.Missing) > 0 {
		t.Note = figure.Plural(int64(len(a.Missing)), "count") + " could not be had"
	}
	if !a.Agree {
		t.Value, t.Class = "part", "bad"
	}
	return t
}

// costTile shows the actual cost, else the estimate.
func costTile(r *bench.Record) tile {
	t := tile{Figure: "cost", Name: "Cost", Value: absent, Note: "not calculated"}
	switch c := r.Cost; {
	case c == nil && r.Run.Target == bench.Local:
		t.Note = "the local target costs nothing"
	case c == nil:
	case c.Actual != nil:
		by := "by what was billed; "
		if c.Actual.DPUUSD == nil {
			by = "Lambda's part alone, DSQL's isn't known; "
		}
		t.Value, t.Note = figure.USD(&c.Actual.TotalUSD), strings.TrimSpace(by+perMillion(c.Actual))
	case c.Estimate != nil:
		t.Value, t.Note = figure.USD(&c.Estimate.TotalUSD), strings.TrimSpace("estimate; "+perMillion(c.Estimate))
	}
	if c := r.Cost; c != nil && c.StandIn(r.Run.Config.Region) != "" {
		t.Note += "; " + c.StandIn(r.Run.Config.Region)
	}
	return t
}

func perMillion(s *bench.CostSheet) string {
	return figure.USD(s.PerMillionRowUSD) + " per million rows"
}
