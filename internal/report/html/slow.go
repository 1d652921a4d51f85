package html

import (
	"fmt"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// slow is the table of the slowest statements.
type slow struct {
	Statements []slowStatement
	Traces     bool // at least one of them has a link
}

type slowStatement struct {
	Rank                     int
	Latency, Place, At, Note string
	Attempts                 int
	Bar                      []piece
	Steps                    []step
	Trace                    string
}

// step is one phase of a statement in its waterfall.
type step struct {
	Attempt     int
	Phase       string
	Color       string
	Start, Took string
	Left, Width float64 // percent of the statement's latency
	Failed      bool
}

// slowest shows where the time of the slowest statements went.
func slowest(s *bench.Summary) section {
	sec := section{ID: string(s.Scenario) + "-slowest", Title: "Slowest statements, and where their time went"}
	if len(s.Slowest) == 0 {
		text := "No statement was acknowledged, so none is the slowest."
		if s.StatementLatency.Count > 0 || s.TotalInserts > 0 {
			text = "The function didn't report single statements."
		}
		sec.Blocks = []block{note(text)}
		return sec
	}
	table := &slow{}
	for i, statement := range s.Slowest {
		row := slowRow(i+1, s.StartedAt, &statement)
		table.Statements = append(table.Statements, row)
		table.Traces = table.Traces || row.Trace != ""
	}
	if bar := slowestBar(s); bar == nil {
		sec.Blocks = append(sec.Blocks, note("Where their time went is not known: not observed, because telemetry was off, or the results are older than that."))
	} else {
		sums := sumPhases(s)
		sec.Blocks = append(sec.Blocks, block{Bar: bar}, block{Table: phaseTable(sums.own, sums.having, sums.whole)})
	}
	sec.Blocks = append(sec.Blocks, block{Slow: table})
	return sec
}

// phaseSums adds up the phases of a scenario's slowest statements.
type phaseSums struct {
	own      map[string]float64 // ms by phase
	having   map[string]int     // statements that have the phase
	whole    float64            // ms
	observed int                // statements with phases
}

func sumPhases(s *bench.Summary) phaseSums {
	sums := phaseSums{own: map[string]float64{}, having: map[string]int{}}
	for _, statement := range s.Slowest {
		if len(statement.Phases) == 0 {
			continue
		}
		sums.observed++
		latency := float64(statement.LatencyUs) / 1000
		sums.whole += latency
		for name, t := range bench.OwnTime(statement.Phases, latency) {
			sums.own[name] += t
			sums.having[name]++
		}
	}
	return sums
}

// slowestBar shows the phases of the slowest statements added up; nil if none was observed.
func slowestBar(s *bench.Summary) *bar {
	sums := sumPhases(s)
	if sums.observed == 0 {
		return nil
	}
	return &bar{
		Title:  fmt.Sprintf("%s of the %s that were observed, added up", millis(sums.whole), figure.Plural(int64(sums.observed), "statement")),
		Pieces: pieces(sums.own, sums.whole), Legend: true,
		Note: "Each moment counts for the innermost phase: what is left of acquire is waiting alone.",
	}
}

// phaseTable shows how much time each phase took in the slowest statements together.
func phaseTable(sums map[string]float64, having map[string]int, whole float64) *table {
	t := &table{Head: []string{"phase", "meaning", "time#", "share#", "statements#"}}
	for _, name := range phaseOrder(sums) {
		t.Rows = append(t.Rows, row(name, phaseMeaning(name), millis(sums[name]), percent(new(sums[name]/whole)), figure.Count(int64(having[name]))))
	}
	return t
}

// slowRow returns the row of one statement, with its phases.
func slowRow(rank int, start time.Time, s *bench.Statement) slowStatement {
	latency := float64(s.LatencyUs) / 1000
	notes := []string{}
	if s.Outcome != bench.Acknowledged {
		notes = append(notes, strings.TrimSpace(string(s.Outcome)+" "+s.Error))
	}
	if s.ColdStart {
		notes = append(notes, "cold start")
	}
	if s.Environment != "" {
		notes = append(notes, "environment "+s.Environment)
	}
	r := slowStatement{
		Rank: rank, Latency: millis(latency), Attempts: s.Attempts, Trace: quote.Link(s.TraceURL),
		Place: fmt.Sprintf("invocation %d, iteration %d, row %d", s.Invocation, s.Iteration, s.Row),
		At:    fmt.Sprintf("+%.2f s", time.UnixMicro(s.StartedUs).Sub(start).Seconds()),
		Note:  strings.Join(notes, ", "),
	}
	if s.Rows > 1 {
		r.Place = fmt.Sprintf("invocation %d, iteration %d", s.Invocation, s.Iteration)
	}
	if len(s.Phases) > 0 {
		r.Bar = pieces(bench.OwnTime(s.Phases, latency), latency)
	}
	for _, p := range s.Phases {
		r.Steps = append(r.Steps, stepOf(p, latency))
	}
	return r
}

// stepOf places a phase in the waterfall of its statement.
func stepOf(p bench.PhaseTime, latency float64) step {
	s := step{
		Attempt: p.Attempt, Phase: p.Phase, Color: phaseColor(p.Phase), Failed: p.Failed,
		Start: millis(p.StartMs), Took: millis(p.Ms),
	}
	if latency > 0 {
		s.Left = significant(100*min(max(p.StartMs/latency, 0), 1), 5)
		s.Width = significant(min(100*max(p.Ms/latency, 0), 100-s.Left), 5)
	}
	return s
}
