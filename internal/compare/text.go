package compare

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"dsql-load-test/internal/quote"
)

// Text writes the comparison for a console; colour marks better and worse.
func (c *Comparison) Text(w io.Writer, colour bool) error {
	c = quote.Copy(c)
	b := &strings.Builder{}
	for i, a := range c.Against {
		if i > 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprintf(b, "%s\n%s\n", c.Old.legend(), a.New.legend())
		for _, warning := range a.Warnings {
			fmt.Fprintf(b, "warning: %s\n", warning)
		}
		writeDifferences(b, c, &a)
		for _, t := range a.Tables {
			fmt.Fprintln(b)
			writeAligned(b, tableCells(c, &a, &t), colour)
		}
		fmt.Fprintln(b)
		for _, note := range a.notes(c) {
			fmt.Fprintln(b, note)
		}
		fmt.Fprintf(b, "\nConclusion: %s\n", a.Conclusion)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeDifferences(b *strings.Builder, c *Comparison, a *Against) {
	if len(a.Differences) == 0 {
		return
	}
	fmt.Fprintln(b, "warning: the sides differ in more than what was measured, or their runs do:")
	cells := [][]string{{"", c.Old.Label, a.New.Label}}
	for _, d := range a.Differences {
		cells = append(cells, []string{"  " + d.Key, d.Old, d.New})
	}
	writeAligned(b, cells, false)
}

// tableCells are a table's texts, the heading first.
func tableCells(c *Comparison, a *Against, t *Table) [][]string {
	cells := [][]string{{t.title(), c.Old.Label, a.New.Label, "change", "significant?"}}
	if a.Method == WithinRun {
		cells[0][4] = "significant (within-run)?"
	}
	for _, r := range t.Rows {
		cells = append(cells, []string{"  " + figureText(&r), r.Old.text(r.Unit), r.New.text(r.Unit), changeText(&r), wordText(&r)})
	}
	return cells
}

// writeAligned pads all columns but the last.
func writeAligned(b *strings.Builder, cells [][]string, colour bool) {
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range cells {
		for i, cell := range line {
			if i == len(line)-1 {
				fmt.Fprintln(b, paint(cell, colour))
				continue
			}
			fmt.Fprint(b, cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
	}
}

func paint(cell string, colour bool) string {
	const green, red, reset = "\x1b[32m", "\x1b[31m", "\x1b[0m"
	switch {
	case colour && strings.HasPrefix(cell, "yes, "+string(Better)):
		return green + cell + reset
	case colour && strings.HasPrefix(cell, "yes, "+string(Worse)):
		return red + cell + reset
	}
	return cell
}
