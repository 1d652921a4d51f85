package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The phases of a statement are those of its attempts with the waits between them, from
// the statement's start on. Of very many the first are kept.
func TestPhaseTimes(t *testing.T) {
	t.Parallel()
	at := func(us int) time.Time { return time.Unix(1_700_000_000, 0).Add(time.Duration(us) * time.Microsecond) }
	e := &Execution{Attempts: []Attempt{
		{Start: at(0), End: at(1500), Timings: []Timing{{Phase: Acquire, Start: at(0), End: at(1400), Failed: true}}},
		{Start: at(2000), End: at(5000), Timings: []Timing{{Phase: Acquire, Start: at(2000), End: at(2001)}, {Phase: Query, Start: at(2001), End: at(4999)}}},
	}}
	want := []PhaseTime{
		{Attempt: 1, Phase: "acquire", Ms: 1.4, Failed: true},
		{Attempt: 2, Phase: "backoff", StartMs: 1.5, Ms: 0.5},
		{Attempt: 2, Phase: "acquire", StartMs: 2, Ms: 0.001},
		{Attempt: 2, Phase: "query", StartMs: 2.001, Ms: 2.998},
	}
	if diff := cmp.Diff(want, e.PhaseTimes()); diff != "" {
		t.Error(diff)
	}
	if !e.Start().Equal(at(0)) || e.LatencyUs() != 5000 {
		t.Errorf("from %v, %d us", e.Start(), e.LatencyUs())
	}
	many := &Execution{Attempts: slices.Repeat(e.Attempts[1:], MaxPhases)}
	if got := many.PhaseTimes(); len(got) != MaxPhases || got[0].Phase != "acquire" {
		t.Errorf("%d phases, the first is %q", len(got), got[0].Phase)
	}
	if none := new(Execution); none.PhaseTimes() != nil || none.Took() != 0 || !none.Start().IsZero() {
		t.Error("a statement without attempts has phases or a time")
	}
	for _, p := range Phases() {
		if !p.Known() || p.Within() != "" && !slices.Contains(Phases(), p.Within()) {
			t.Errorf("%s is within %s", p, p.Within())
		}
	}
	if Phase(Between).Known() || Phase("").Known() {
		t.Error("what is no phase is known as one")
	}
}
