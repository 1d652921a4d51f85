package run

import (
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
)

// The warning about rows of a warm-up that stay has their number as far as it is known.
func TestRowsLeft(t *testing.T) {
	for want, rows := range map[string]bench.Account{
		"": {Planned: 4, Failed: 4},
		"1 row of the warm-up stays in the table: why":           {Planned: 4, Acknowledged: 1, Failed: 3},
		"2 rows of the warm-up stay in the table: why":           {Planned: 4, Acknowledged: 4, NotStarted: 0},
		"up to 3 rows of the warm-up may stay in the table: why": {Planned: 4, Unknown: 3, Failed: 1},
		"up to 1 row of the warm-up may stay in the table: why":  {Planned: 4, Unknown: 1, Failed: 3},
		"1 to 3 rows of the warm-up stay in the table: why":      {Planned: 4, Acknowledged: 1, Unknown: 2},
	} {
		s := newSession(Options{Values: &setting.Values{Config: bench.Defaults()}})
		s.run.WarmUp = &bench.WarmUp{}
		if strings.HasPrefix(want, "2 rows") {
			s.run.WarmUp.RowsRemoved = 2 // and then the database was gone
		}
		s.leave(rows, "why")
		if got := strings.Join(s.run.Warnings, ""); got != want {
			t.Errorf("%+v: %q, want %q", rows, got, want)
		}
	}
}
