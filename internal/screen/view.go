package screen

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// View draws s for a terminal with width columns and height lines. It leaves the last line
// free.
func View(s State, width, height int) string {
	s = quote.Copy(s)
	p := newPalette()
	var lines []line
	if s.Ended && s.idle() {
		return "" // it ended before anything ran
	}
	if !s.Ended {
		lines = append(lines, header(p, &s))
	}
	for i := range s.Parts {
		lines = append(lines, bar(p, &s.Parts[i], width)...)
	}
	if !s.Ended {
		lines = append(lines, line{"", air})
		if c := s.current(); c != nil {
			lines = append(lines, figures(p, c)...)
		}
		lines = append(lines, telemetry(p, s.Telemetry), line{"", air})
		for text := range strings.SplitSeq(ansi.Wordwrap(hint(&s), width, ""), "\n") {
			lines = append(lines, line{p.faint.Render(text), vital})
		}
	}
	lines = fit(lines, max(1, height-1))
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(ansi.Truncate(l.text, width, "…"))
		b.WriteByte('\n')
	}
	return b.String()
}

// header shows the phase and the time. It isn't padded to the right edge, because a line that
// wraps when the terminal gets narrower would stay on the screen.
func header(p palette, s *State) line {
	phase := string(s.Phase)
	if s.Interrupts > 0 {
		phase += ", interrupted"
	}
	if s.Phase == Verifying && s.PlannedIDs > 0 {
		phase += ", " + figure.Count(s.IDs) + " of " + figure.Count(s.PlannedIDs) + " ids"
	}
	return line{p.bold.Render(phase) + p.faint.Render("  "+clock(s.Elapsed)), wanted}
}

// hint says what Ctrl-C would do now.
func hint(s *State) string {
	inFlight := 0
	if c := s.current(); c != nil {
		inFlight = c.InFlight
	}
	switch {
	case s.Interrupts >= 2:
		return "giving up; Ctrl-C again ends the program at once"
	case s.Interrupts == 1 && inFlight > 0:
		return "draining: " + figure.Count(int64(inFlight)) + " in flight; Ctrl-C again gives them up"
	case s.Interrupts == 1:
		return "finishing; Ctrl-C again gives that up"
	case inFlight > 0:
		return "Ctrl-C: let the " + figure.Count(int64(inFlight)) + " in flight finish and report"
	}
	switch s.Phase {
	case Starting:
		return "Ctrl-C: stop"
	case Comparing, Asking:
		return "Ctrl-C: report without it"
	case Verifying, Sending:
		return "Ctrl-C twice: report without it"
	}
	return "Ctrl-C: finish and report"
}
