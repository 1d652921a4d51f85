package event

import (
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

// No value is longer than LongestValues, and the longest name and type have that length.
func TestLongestValues(t *testing.T) {
	got, longest := LongestValues(), Longest{}
	for _, kind := range append(bench.EventTypes(), bench.Random) {
		g, err := New(run, 7, kind)
		if err != nil {
			t.Fatal(err)
		}
		for row := range 20_000 {
			e := g.Event(nil, Position{Invocation: 99_999, Iteration: 99_999, Row: row}, time.Time{})
			longest = Longest{
				max(longest.ID, len(e.ID)), max(longest.Name, len(e.Name)), max(longest.Type, len(e.Type)),
				max(longest.Moment, len(e.Moment)), max(longest.Data, len(e.Data)),
			}
		}
	}
	if longest.Data > got.Data {
		t.Errorf("data of %d characters", longest.Data)
	}
	longest.Data = got.Data
	if got != longest {
		t.Errorf("%+v, want %+v", got, longest)
	}
}
