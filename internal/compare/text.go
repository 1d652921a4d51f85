package compare

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"dsql-load-test/internal/quote"
)

// Text writes the comparison for a console. With colour, better is green and worse red.
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
		if len(a.Differences) > 0 {
			fmt.Fprintln(b, "warning: the sides differ in more than what was measured, or their runs do:")
			writeAligned(b, differenceCells("", c, &a), false)
		}
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

// differenceCells returns the texts of the table of differences, the heading first.
func differenceCells(key string, c *Comparison, a *Against) [][]string {
	cells := [][]string{{key, c.Old.Label, a.New.Label}}
	for _, d := range a.Differences {
		cells = append(cells, []string{"  " + d.Key, d.Old, d.New})
	}
	return cells
}

// tableCells returns the texts of a table, the heading first.
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
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, line := range cells {
		text := strings.Join(line, "\t")
		if colour {
			text = paint(text)
		}
		fmt.Fprintln(t, text)
	}
	_ = t.Flush() // b takes everything
}

// paint colours the last cell of a line. It has no tab after it, so the colour's bytes
// don't count for its width.
func paint(line string) string {
	const green, red, reset = "\x1b[32m", "\x1b[31m", "\x1b[0m"
	for word, colour := range map[Word]string{Better: green, Worse: red} {
		if before, rest, changed := strings.Cut(line, "\tyes, "+string(word)); changed {
			return before + "\t" + colour + "yes, " + string(word) + rest + reset
		}
	}
	return line
}
