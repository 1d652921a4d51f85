// Package judge decides from the Record of a run whether its figures can be trusted, which is
// the verdict: VALID, SUSPECT or INVALID, with reasons.
//
// Record in judge.go makes the verdict: run.go judges the run as a whole and table.go the
// checks and cleanups of the table; scenario.go and stall.go judge each scenario.
package judge

import (
	"cmp"
	"fmt"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
)

// Record returns the verdict: whether the figures of the record can be trusted. It uses
// the record alone. Thresholds don't count: a missed one doesn't make a figure wrong.
func Record(r *bench.Record) *bench.Verdict {
	j := judging{record: r}
	j.run()
	for _, s := range r.Summaries() {
		j.scenario(s)
	}
	j.figures()
	return j.verdict()
}

// ForeignFunction is the code of the reason that the function is of another suite.
const ForeignFunction = "foreign_function"

type judging struct {
	record  *bench.Record
	of      bench.Scenario // of the next reason; empty: the whole run
	reasons []bench.Reason
}

func (j *judging) add(when bool, severity bench.Word, code, format string, args ...any) {
	if when {
		j.reasons = append(j.reasons, bench.Reason{Severity: severity, Code: code, Scenario: j.of, Text: fmt.Sprintf(format, args...)})
	}
}

func (j *judging) verdict() *bench.Verdict {
	rank := map[bench.Word]int{bench.Invalid: 0, bench.Suspect: 1, bench.Note: 2}
	slices.SortStableFunc(j.reasons, func(a, b bench.Reason) int { return cmp.Compare(rank[a.Severity], rank[b.Severity]) })
	v := &bench.Verdict{Word: bench.Valid, Reasons: append([]bench.Reason{}, j.reasons...)}
	if len(v.Reasons) > 0 && v.Reasons[0].Severity != bench.Note {
		v.Word = v.Reasons[0].Severity
	}
	return v
}

// figures adds a reason if figures are infinite or not a number. A record from a file may have
// lost some of these, but its earlier verdict names them.
func (j *judging) figures() {
	if said, ok := check.SaidNotFinite(j.record); ok {
		j.add(true, bench.Suspect, check.NotFiniteCode, "%s", said.Text)
		return
	}
	places := check.NotFinite(j.record)
	j.add(len(places) > 0, bench.Suspect, check.NotFiniteCode, "%s", check.NotFiniteText(places))
}
