package screen

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// How much a line is wanted when the terminal is too short for all of them: the
// highest goes first.
const (
	vital = iota
	wanted
	useful
	telling
	nice
	history
	outlook
	air
)

// line is one of the frame's, and how much it is wanted.
type line struct {
	text string
	rank int
}

// View draws s for a terminal of that many columns and lines. It is never
// larger than that, leaves the last line free, and has at most the sixteen
// colours that the user's terminal defines.
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

// fit leaves out the least wanted lines, the lower ones first.
func fit(lines []line, height int) []line {
	for len(lines) > height {
		least := len(lines) - 1
		for i := least; i >= 0; i-- {
			if lines[i].rank > lines[least].rank {
				least = i
			}
		}
		lines = slices.Delete(lines, least, least+1)
	}
	return lines
}

// palette is the few styles that there are.
type palette struct {
	bold, faint, good, bad, odd lipgloss.Style
}

func newPalette() palette {
	colour := func(n string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(n)) }
	return palette{
		bold: lipgloss.NewStyle().Bold(true), faint: lipgloss.NewStyle().Faint(true),
		good: colour("2"), bad: colour("1"), odd: colour("3"),
	}
}

// header is the phase and the time. It doesn't reach for the right edge: a line
// that wraps when the terminal gets narrower leaves its traces.
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

// hint says what Ctrl-C does now.
func hint(s *State) string {
	inFlight := 0
	if c := s.current(); c != nil {
		inFlight = c.InFlight
	}
	switch {
	case s.Interrupts >= 2:
		return "giving up; Ctrl-C again ends the program where it stands"
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
