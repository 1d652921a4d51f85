package html

import "strings"

// part is a chapter of the report.
type part struct {
	ID, Title string
	Sections  []section
}

// section is a titled piece of a part, with its place in the contents.
type section struct {
	ID, Title string
	Lead      string // what the reader should know first
	Blocks    []block
}

// block is one thing to show; exactly one field is set.
type block struct {
	Facts []fact
	Table *table
	Chart *chart
	Bar   *bar
	Slow  *slow
	Note  string // also says what is missing, and why
	Code  string
}

// fact is a name with its value.
type fact struct {
	Name, Value string
	Note        string
	Link        string
}

// table has one cell for each heading in each row.
type table struct {
	Caption string
	Head    []string // with # at the end for a column of numbers
	Rows    [][]cell
	Note    string
}

// cell is one value of a table.
type cell struct {
	Text  string
	Class string // good, bad, warn or empty
	Hint  string
	Spark string // points of a line in a box of 120 x 24
}

// Columns returns the headings as they are shown.
func (t *table) Columns() []column {
	all := make([]column, len(t.Head))
	for i, h := range t.Head {
		name, number := strings.CutSuffix(h, "#")
		all[i] = column{name, number}
	}
	return all
}

type column struct {
	Name   string
	Number bool
}

// row makes cells from plain texts.
func row(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, s := range texts {
		cells[i].Text = s
	}
	return cells
}

// note makes a block with one sentence.
func note(text string) block { return block{Note: text} }
