package verify

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// What is trimmed is verified as what was answered: rows, statements, environment and seconds.
func TestTrim(t *testing.T) {
	whole := func() *bench.Response {
		a := answer("a", 2, 1)
		a.Statements = &bench.Account{Planned: 5, Acknowledged: 2, Failed: 1, Unknown: 1, NotStarted: 1}
		a.Failed, a.Unknown = bench.Ranges{{1, 1}}, bench.Ranges{{2, 2}}
		a.Slowest, a.Errors = make([]bench.Statement, 3), []bench.ErrorCount{{Kind: "40001"}}
		return a
	}
	foreign := &bench.Response{SuccessCount: 5, ErrorCount: 1, TotalInserts: 6, DurationMs: 3}
	kept := whole()
	kept.Slowest, kept.Errors = nil, nil
	for _, c := range []struct{ answered, want *bench.Response }{{whole(), kept}, {foreign, foreign}, {nil, nil}} {
		r := bench.Result{Index: 3, Outcome: bench.Acknowledged, Response: c.answered}
		Trim(&r)
		if diff := cmp.Diff(c.want, r.Response); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if c.answered != nil && c.answered.Statements != nil && len(c.answered.Slowest) == 0 {
			t.Error("the answer itself was changed")
		}
	}
}
