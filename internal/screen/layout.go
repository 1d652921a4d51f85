package screen

import (
	"slices"

	"charm.land/lipgloss/v2"
)

// The ranks of lines. If the terminal is too short, lines with the highest rank are left out
// first.
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

// line is a line of the frame and its rank.
type line struct {
	text string
	rank int
}

// fit leaves out lines until they fit: those with the highest rank first, and of these the
// lowest on the screen.
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

// palette has all styles: at most the sixteen colours that the user's terminal defines.
type palette struct {
	bold, faint, good, bad, odd lipgloss.Style
}

// newPalette returns the styles: green is good, red bad, yellow odd.
func newPalette() palette {
	colour := func(n string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(n)) }
	return palette{
		bold: lipgloss.NewStyle().Bold(true), faint: lipgloss.NewStyle().Faint(true),
		good: colour("2"), bad: colour("1"), odd: colour("3"),
	}
}
