package judge

import (
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
)

const (
	stallMs    = 1000 // shortest pause that counts as a stall; the driver sends and reads nothing in it
	stallShare = 0.05 // share of the scenario from which a stall makes the figures suspect
	gapsNamed  = 5    // largest number of gaps that a message names
)

// stall adds a reason if the driver stood still, because it or its machine was suspended.
func (j *judging) stall(s *bench.Summary) {
	c := s.Client
	if c == nil || s.NothingSent() || !atLeast(c.LagMaxMs, stallMs) {
		return
	}
	severity := bench.Note
	if *c.LagMaxMs >= stallShare*s.TotalDurationMs {
		severity = bench.Suspect
	}
	j.add(true, severity, "driver_stalled", "the driver stood still for %.1f s of %.1f s: invocations in flight took that much longer, and nothing new was sent",
		*c.LagMaxMs/1000, s.TotalDurationMs/1000)
}

// silence adds a note if nothing was acknowledged in whole seconds. A closed loop sends nothing
// while it waits, so such seconds hardly change its percentiles.
func (j *judging) silence(s *bench.Summary) {
	if s.Foreign() || s.Rows.Acknowledged == 0 || above(s.ClockOffset, clockOffsetMs) { // then rows and calls are in different seconds
		return
	}
	var gaps [][2]int64
	n := 0
	for i, t := range s.Timeline {
		if bench.Known(t.Rows) > 0 || t.InFlight == 0 || i == 0 || i == len(s.Timeline)-1 {
			continue // the first and the last second are not whole
		}
		n++
		if last := len(gaps) - 1; last >= 0 && gaps[last][1] == t.Second-1 {
			gaps[last][1] = t.Second
		} else {
			gaps = append(gaps, [2]int64{t.Second, t.Second})
		}
	}
	j.add(n > 0, bench.Note, "silent_seconds", "nothing was acknowledged in %d of %d seconds: %s, counted from 0", n, len(s.Timeline), placesOf(gaps))
}

// placesOf returns a text such as "second 3, 5 to 7 and 2 more stretches".
func placesOf(gaps [][2]int64) string {
	var all []string
	for _, g := range gaps[:min(len(gaps), gapsNamed)] {
		if g[0] == g[1] {
			all = append(all, fmt.Sprint(g[0]))
		} else {
			all = append(all, fmt.Sprintf("%d to %d", g[0], g[1]))
		}
	}
	text := "second " + strings.Join(all, ", ")
	if more := len(gaps) - gapsNamed; more > 0 {
		text += fmt.Sprintf(" and %d more stretches", more)
	}
	return text
}
