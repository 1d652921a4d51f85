package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// runSections are what is said of the whole run.
func runSections(r *bench.Record) []section {
	return []section{
		{ID: "verification", Title: "Verification", Blocks: append(verification(r.Verification), looks(r)...)},
		{ID: "accounts", Title: "The four accounts", Blocks: accounts(r.Accounts)},
		{ID: "telemetry", Title: "Telemetry", Blocks: telemetry(r)},
		{ID: "cost", Title: costTitle(r), Blocks: cost(r)},
		{ID: "cloudwatch", Title: "CloudWatch", Blocks: cloudWatch(r)},
		{ID: "environment", Title: "Environment", Blocks: environment(r)},
		{ID: "config", Title: "Configuration, resolved", Blocks: []block{{Code: config(r.Run.Config)}}},
	}
}

func verification(v *bench.Verification) []block {
	if v == nil {
		return []block{note("The table was not looked at.")}
	}
	var blocks []block
	if v.Problem != "" {
		blocks = append(blocks, note(v.Problem))
	}
	if v.Mode == bench.VerifyOff {
		return append(blocks, note("The table was not looked at, verify was off: whether every acknowledged row is there isn't known."))
	}
	if !v.Looked() {
		return append(blocks, note("No id was asked for, so nothing is known of the table."))
	}
	if v.RowsAfter != nil {
		return append(blocks, note(fmt.Sprintf("The table had %s rows before and %s after, %s more: those of the run, whose ids are the function's own, and those of others.",
			counted(v.RowsBefore), counted(v.RowsAfter), figure.Count(v.More()))))
	}
	if v.Mode == bench.VerifyCount {
		return append(blocks, note(fmt.Sprintf("%s of %s planned ids are in the table. They were counted, not told apart (--verify count).", figure.Count(v.Present), figure.Count(v.IDsAsked))))
	}
	lost := cell{Text: figure.Count(v.Lost), Class: wrong(v.Lost > 0)}
	t := &table{
		Head: []string{"planned ids", "in the table#", "not in the table#"},
		Rows: [][]cell{
			{{Text: "acknowledged"}, {Text: figure.Count(v.AcknowledgedPresent)}, lost},
			row("not acknowledged", figure.Count(v.UnacknowledgedPresent), figure.Count(v.Absent)),
		},
		Note: fmt.Sprintf("%s asked for, one by one, in %s. An acknowledged row that isn't there is lost.", plural(v.IDsAsked, "id"), millis(v.DurationMs)),
	}
	blocks = append(blocks, block{Table: t})
	if len(v.LostRows) == 0 && len(v.LostIDs) > 0 { // a file of before their places were kept
		blocks = append(blocks, note("The first that are lost: "+strings.Join(v.LostIDs, ", ")))
	}
	if bench.Known(v.Unexpected) > 0 {
		blocks = append(blocks, note(fmt.Sprintf("%s in the table although their statements failed or were not started (%s).", plural(*v.Unexpected, "row"), v.UnexpectedWhere)))
	}
	return append(blocks, placed(v)...)
}

// placed are the rows that aren't as the run knew them.
func placed(v *bench.Verification) []block {
	t := &table{Head: []string{"row", "id", "place", "time", "environment"}}
	for _, list := range [][]bench.PlacedRow{v.LostRows, v.UnexpectedRows} {
		for i := range list {
			p := &list[i]
			found := strings.ReplaceAll(string(p.Outcome), "_", " ") + ", yet there"
			if p.Outcome == bench.Acknowledged {
				found = "lost"
			}
			environment := absent
			if p.Environment != nil {
				environment = *p.Environment
			}
			t.Rows = append(t.Rows, row(found, p.ID, p.Place(), or(p.When(), absent), environment))
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	all := v.Lost + bench.Known(v.Unexpected)
	t.Note = fmt.Sprintf("%d of %s.", len(t.Rows), plural(all, "such row"))
	if v.RowsFile != "" {
		t.Note += " All of them are listed in " + v.RowsFile + "."
	}
	return []block{{Table: t}}
}

// looks are all looks at the table with their places, and what driver cleanup removed.
func looks(r *bench.Record) []block {
	var blocks []block
	if len(r.Looks) > 0 {
		t := &table{
			Head: []string{"look at the table", "from", "mode", "planned ids found#", "result", "database"},
		}
		if len(r.Looks) > 1 {
			t.Note = "The first line stands: verdict, accounts and thresholds rest on it, for no other look tells more."
		}
		stands := r.Stands()
		t.Rows = append(t.Rows, lookRow(stands))
		for i := range r.Looks {
			if l := &r.Looks[i]; l != stands {
				t.Rows = append(t.Rows, lookRow(l))
			}
		}
		blocks = append(blocks, block{Table: t})
	}
	for _, c := range r.Cleanups {
		from := ""
		if c.Database != nil {
			from = " (" + c.Database.String() + ")"
		}
		blocks = append(blocks, note("Cleanup: "+c.String()+from+". A look afterwards doesn't find these rows."))
	}
	return blocks
}

func lookRow(l *bench.Look) []cell {
	v, database, found := &l.Verification, absent, absent
	if l.Database != nil {
		database = l.Database.String()
	}
	if v.RowsAfter == nil {
		found = figure.Count(v.Present)
	}
	cells := row(when(l.At), or(l.Host, absent), string(v.Mode), found, or(v.Problem, "every acknowledged row is there"), database)
	cells[4].Class = wrong(!v.OK)
	return cells
}

func accounts(a *bench.Accounts) []block {
	if a == nil {
		return []block{note("Not observed: telemetry was off, so there are no metrics and no spans to hold the rows against.")}
	}
	word := "They agree."
	switch {
	case !a.Agree:
		word = "They PART: " + a.Problem
	case len(a.Missing) > 0:
		word = "They agree as far as they are known."
	}
	t := &table{Head: []string{"rows acknowledged, by", "rows#"}, Note: word, Rows: [][]cell{
		row("the invocations' responses", figure.Count(a.Acknowledged)),
		row("the database", counted(a.Database)),
		row("the counter in Prometheus", counted(a.Prometheus)),
		row("the statements' spans, summed by the collector", counted(a.Spans)),
	}}
	blocks := []block{{Table: t}}
	for _, m := range a.Missing {
		blocks = append(blocks, note(absent+": "+m))
	}
	return blocks
}

func telemetry(r *bench.Record) []block {
	v := r.Telemetry
	if v == nil || v.Mode == bench.TelemetryOff {
		return []block{note("Telemetry was off, or no collector was found: no span and no metric was kept.")}
	}
	t := &table{Head: []string{"", "received#", "produced#", "passed on#", "refused#", "dropped#", "why"}}
	for _, l := range []struct {
		name string
		l    bench.Ledger
	}{{"spans", v.Spans}, {"metric points", v.Points}} {
		if l.l.Disabled != "" {
			t.Rows = append(t.Rows, row(l.name, absent, absent, absent, absent, absent, "none, by "+l.l.Disabled+"=none"))
			continue
		}
		t.Rows = append(t.Rows, hopRow(l.name+", function", &l.l.Lambda), hopRow(l.name+", driver", &l.l.Driver))
		if l.l.Collector != nil {
			t.Rows = append(t.Rows, hopRow(l.name+", collector", l.l.Collector))
		} else {
			t.Rows = append(t.Rows, row(l.name+", collector", absent, absent, absent, absent, absent, "unknown: "+l.l.Unknown))
		}
	}
	t.Note = "Received + produced = passed on + refused + dropped, at each hop. Superseded points are no loss: a later one holds what they did."
	facts := []fact{
		{Name: "Mode", Value: string(v.Mode), Note: "to " + or(v.Endpoint, "no collector")},
		{Name: "Whole", Value: or(v.Problem, yes(v.OK))},
		{Name: "Unreported", Value: plural(v.UnreportedInvocations, "invocation"), Note: "that ended without an answer, or answered without telemetry"},
		{Name: "Late", Value: plural(v.LatePoints, "point")},
		{Name: "On dropped spans", Value: plural(v.DroppedRows, "row")},
		{Name: "On spans sent again", Value: plural(v.ResentRows, "row"), Note: "at most: an export without an answer may have been counted"},
	}
	if s := r.TraceStore; s != nil {
		facts = append(facts, fact{
			Name: "Trace store", Value: fmt.Sprintf("%s of %s whole", figure.Count(s.Whole), plural(s.Opened, "trace")),
			Note: or(s.Problem, fmt.Sprintf("%s by chance, %s of the slowest statements", figure.Count(s.Sampled), figure.Count(s.Slowest))),
		})
	}
	if l := r.Run.Links; l != nil {
		for _, link := range []fact{{Name: "Dashboard", Link: l.Dashboard}, {Name: "Slow statements", Link: l.SlowStatements}, {Name: "Telemetry health", Link: l.TelemetryHealth}, {Name: "Trace of the run", Link: l.RunTrace}} {
			if link.Link = quote.Link(link.Link); link.Link != "" {
				link.Value = "open in Grafana"
				facts = append(facts, link)
			}
		}
	}
	return []block{{Table: t}, {Facts: facts}}
}

func hopRow(name string, h *bench.Hop) []cell {
	cells := row(name, figure.Count(h.Received), figure.Count(h.Produced), figure.Count(h.Passed), figure.Count(h.Refused), figure.Count(total(h.Dropped)))
	why := cell{}
	if len(h.Dropped) > 0 {
		why.Text = kinds(h.Dropped)
	}
	if !h.Balanced() {
		why = cell{Text: strings.TrimSpace(why.Text + " doesn't balance"), Class: "bad"}
	}
	return append(cells, why)
}

func environment(r *bench.Record) []block {
	h := r.Run.Host
	facts := []fact{
		{Name: "Host", Value: or(strings.Trim(h.OS+"/"+h.Arch, "/"), absent), Note: h.CPUModel},
		{Name: "Commit", Value: or(r.Run.Commit, "unknown"), Note: "of this tool"},
		{Name: "Seed", Value: fmt.Sprint(r.Run.Seed)},
		{Name: "Schema version", Value: fmt.Sprint(r.SchemaVersion)},
	}
	if h.CPUs > 0 {
		facts = append(facts, fact{Name: "Processors", Value: fmt.Sprint(h.CPUs)}, fact{Name: "Memory", Value: fmt.Sprintf("%.1f GiB", float64(h.MemoryBytes)/(1<<30))})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Run.Versions)) {
		facts = append(facts, fact{Name: name, Value: r.Run.Versions[name]})
	}
	blocks := []block{{Facts: facts}}
	if f := r.Run.Function; f != nil {
		blocks = append(blocks, block{Facts: []fact{
			{Name: "Function", Value: f.Name, Note: "version " + or(f.Version, absent)},
			{Name: "Runtime", Value: f.Runtime, Note: f.Architecture},
			{Name: "Function's memory", Value: fmt.Sprintf("%d MB", f.MemoryMB)},
			{Name: "Time-out", Value: fmt.Sprintf("%g s", f.TimeoutSeconds)},
			{Name: "Code SHA-256", Value: or(f.CodeSHA256, absent)},
			{Name: "Cluster", Value: or(f.Cluster, "its environment names none")},
		}})
	}
	if l := r.Run.LocalTarget; l != nil {
		blocks = append(blocks, block{Facts: localFacts(l)})
	}
	return blocks
}

func localFacts(l *bench.LocalTarget) []fact {
	front := "off: straight to PostgreSQL"
	if l.Front {
		front = "on: the database was held to DSQL's rules"
	}
	facts := []fact{
		{Name: "Local database", Value: or(l.Database, absent)},
		{Name: "Front", Value: front},
		{Name: "In an environment", Value: plural(int64(l.EnvConcurrency), "invocation"), Note: "at once at most"},
		{Name: "Concurrency limit", Value: figure.Count(int64(l.ConcurrencyLimit))},
		{Name: "Function's time-out", Value: fmt.Sprintf("%g s", l.FunctionTimeoutSeconds)},
		{Name: "Faults asked for", Value: or(strings.Join(l.Faults, ", "), "none")},
	}
	if len(l.Faults) > 0 {
		facts = append(facts, fact{Name: "Faults injected", Value: kinds(l.Injected)})
	}
	return facts
}

// config is c as the results file has it.
func config(c bench.Config) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the template does, and a threshold reads p99<50ms
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return "the configuration can't be shown: " + err.Error()
	}
	return b.String()
}
