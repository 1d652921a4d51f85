package bench

import (
	"strings"
	"testing"
)

// What a function says of its slowest statements must be of what it was asked.
func TestCheckSlowest(t *testing.T) {
	t.Parallel()
	asked := Invocation{Scenario: Individual, Index: 3, Iterations: 5, Count: 2}
	for _, tc := range []struct {
		name   string
		change func(*Response)
		want   string // in the error; empty for none
	}{
		{"as asked", func(*Response) {}, ""},
		{"none", func(r *Response) { r.Slowest = nil }, ""},
		{"of another invocation", func(r *Response) { r.Slowest[1].Invocation = 4 }, "statement 1 is of invocation 4"},
		{"an iteration too far", func(r *Response) { r.Slowest[0].Iteration = 5 }, "iteration 5"},
		{"a row too far", func(r *Response) { r.Slowest[0].Row = 2 }, "row 2"},
		{"a negative latency", func(r *Response) { r.Slowest[0].LatencyUs = -1 }, "took -1 us"},
		{"too many phases", func(r *Response) { r.Slowest[0].Phases = make([]PhaseTime, maxPhases+1) }, "1001 phases"},
		{"too many", func(r *Response) { r.Slowest = make([]Statement, SlowestKept+1) }, "51 slowest statements, at most 50"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &Response{Slowest: []Statement{{Invocation: 3, Iteration: 4, Row: 1, LatencyUs: 1, Attempts: 1}, {Invocation: 3}}}
			tc.change(r)
			err := r.checkSlowest(asked)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}
