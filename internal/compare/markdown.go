package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"dsql-load-test/internal/quote"
)

// Markdown writes the comparison as GitHub Markdown.
func (c *Comparison) Markdown(w io.Writer) error {
	c = quote.Copy(c)
	b := &strings.Builder{}
	for i, a := range c.Against {
		if i > 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprintf(b, "## %s against %s\n\n", quote.Markdown(a.New.Label), quote.Markdown(c.Old.Label))
		fmt.Fprintf(b, "**%s**\n\n", quote.Markdown(a.Conclusion))
		fmt.Fprintf(b, "- %s\n- %s\n", quote.Markdown(c.Old.legend()), quote.Markdown(a.New.legend()))
		for _, warning := range a.Warnings {
			fmt.Fprintf(b, "- warning: %s\n", quote.Markdown(warning))
		}
		for _, t := range a.Tables {
			fmt.Fprintln(b)
			markdownTable(b, tableCells(c, &a, &t))
		}
		fmt.Fprintln(b)
		for _, note := range a.notes(c) {
			fmt.Fprintf(b, "%s\n", quote.Markdown(note))
		}
		if len(a.Differences) > 0 {
			fmt.Fprintf(b, "\nThe sides differ in more than what was measured, or their runs do:\n\n")
			markdownTable(b, differenceCells("key", c, &a))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownTable(b *strings.Builder, cells [][]string) {
	for i, line := range cells {
		for _, cell := range line {
			fmt.Fprintf(b, "| %s ", quote.Markdown(strings.TrimSpace(cell)))
		}
		fmt.Fprintln(b, "|")
		if i == 0 {
			fmt.Fprintln(b, "|---"+strings.Repeat("|---:", len(line)-1)+"|")
		}
	}
}

// JSON writes the comparison for programs.
func (c *Comparison) JSON(w io.Writer) error {
	e := json.NewEncoder(quote.JSONWriter(w))
	e.SetIndent("", "  ")
	return e.Encode(c)
}
