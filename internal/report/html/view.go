package html

import (
	"cmp"
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/figure"
)

// view has all texts and numbers of the report.
type view struct {
	Title   string
	Facts   []fact // which run this is, for the head of the page
	Verdict verdict
	Tiles   []tiles
	Parts   []part
	Charts  []*chart // those with something to draw
}

func viewOf(r *bench.Record) *view {
	v := &view{
		Title:   "Load test " + cmp.Or(r.Run.ID, "without an id"),
		Facts:   headFacts(r),
		Verdict: verdictOf(r.Verdict),
		Tiles:   tilesOf(r),
	}
	v.Parts = append(v.Parts, part{ID: "summary", Title: "Summary", Sections: summarySections(r)})
	for _, s := range r.Summaries() {
		v.Parts = append(v.Parts, scenarioPart(r, s))
	}
	v.Parts = append(v.Parts, part{ID: "run", Title: "The run", Sections: runSections(r)})
	for _, p := range v.Parts {
		for _, s := range p.Sections {
			for _, b := range s.Blocks {
				if b.Chart == nil {
					continue
				}
				if b.Chart.leaveOut(); b.Chart.Missing == "" {
					v.Charts = append(v.Charts, b.Chart)
				}
			}
		}
	}
	return v
}

// lasted returns how long the run took. It isn't known if the driver was killed before the
// first invocation ended.
func lasted(r *bench.Record) string {
	if r.Run.DurationSeconds == 0 {
		return absent
	}
	return figure.Fixed(r.Run.DurationSeconds, 1) + " s"
}

// headFacts returns the facts at the top of the page.
func headFacts(r *bench.Record) []fact {
	facts := []fact{
		{Name: "Run", Value: cmp.Or(r.Run.ID, absent)},
		{Name: "Status", Value: cmp.Or(string(r.Run.Status), absent)},
		{Name: "Started", Value: figure.Moment(r.Run.StartedAt)},
		{Name: "Lasted", Value: lasted(r)},
		{Name: "Target", Value: cmp.Or(string(r.Run.Target), absent)},
	}
	if f := r.Run.Function; f != nil {
		facts = append(facts, fact{Name: "Function", Value: f.Name})
	}
	if p := r.Run.Repeat; p != nil {
		facts = append(facts, fact{Name: "Repeat", Value: fmt.Sprintf("%d of %d", p.Number, p.Of)})
	}
	return facts
}

// verdict is a bench.Verdict as it is shown.
type verdict struct {
	Word    string
	Class   string
	Meaning string
	Reasons []bench.Reason
}

func verdictOf(v *bench.Verdict) verdict {
	if v == nil {
		return verdict{Word: "NO VERDICT", Class: "none", Meaning: "These results were written before runs had a verdict. Judge for yourself: verification, accounts and client load are below."}
	}
	class, meaning := severity(v.Word)
	return verdict{Word: string(v.Word), Class: class, Meaning: meaning, Reasons: v.Reasons}
}

// severity returns the class of the colour of a verdict or a reason, and the verdict's meaning.
func severity(w bench.Word) (class, meaning string) {
	switch w {
	case bench.Valid:
		return "good", "Nothing known speaks against these figures."
	case bench.Suspect:
		return "warn", "Read the reasons before you use these figures."
	case bench.Invalid:
		return "bad", "Don't use these figures."
	}
	return "none", ""
}

// Severity returns the class of the colour of a reason.
func (verdict) Severity(r bench.Reason) string {
	class, _ := severity(r.Severity)
	return class
}

// summarySections returns the sections of the chapter Summary.
func summarySections(r *bench.Record) []section {
	all := []section{
		{ID: "thresholds", Title: "Thresholds", Blocks: []block{thresholds(r)}},
		{ID: "course", Title: "Course of the run", Blocks: courseOfRun(r)},
	}
	if r.Scenario1 != nil && r.Scenario2 != nil {
		all = append(all, section{ID: "side-by-side", Title: "Individual against batch", Blocks: sideBySide(r.Scenario1, r.Scenario2)})
	}
	return all
}

// thresholds shows each threshold, its value and whether it was met.
func thresholds(r *bench.Record) block {
	if len(r.Thresholds) == 0 {
		return note("No threshold was asked for (--threshold).")
	}
	t := &table{Head: []string{"threshold", "scenario", "figure", "limit#", "value#", "result"}}
	for _, h := range r.Thresholds {
		unit := strings.TrimRight(" "+h.Unit, " ")
		result, measured := cell{Text: "pass", Class: "good"}, plain(h.Value)
		if !h.OK {
			result = cell{Text: "FAIL", Class: "bad"}
		}
		if h.Value != nil {
			measured += unit
		} else {
			result.Hint = threshold.WhyNoValue(r, h)
		}
		cells := row(h.Text, cmp.Or(string(h.Scenario), "whole run"), h.Figure, h.Operator+" "+plain(&h.Limit)+unit, measured)
		t.Rows = append(t.Rows, append(cells, result))
	}
	return block{Table: t}
}
