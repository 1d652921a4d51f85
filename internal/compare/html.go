package compare

import (
	_ "embed" // the template
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"

	"dsql-load-test/internal/quote"
)

//go:embed compare.html.tmpl
var page string

// HTML writes the comparison as a self-contained page.
func (c *Comparison) HTML(w io.Writer) error {
	c = quote.Copy(c)
	t, err := template.New("compare").Funcs(template.FuncMap{
		"legend": func(s SideInfo) string { return s.legend() },
		"notes":  func(a Against) []string { return a.notes(c) },
		"title":  func(t Table) string { return t.title() },
		"cells":  func(a Against, t Table) [][]string { return tableCells(c, &a, &t)[1:] },
		"row":    func(t Table, i int) Row { return t.Rows[i] },
		"dots":   dots,
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("page of the comparison: %w", err)
	}
	return t.Execute(w, c)
}

// plot is a strip with a dot for each run, the old side above the new one.
type plot struct {
	Old, New []dot
}

// dot is the place of a run on a strip of width 160, and its tooltip.
type dot struct {
	X    string
	Text string
}

// dots places all runs of a row on one scale; nil if there is no value.
func dots(r Row) *plot {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range slices.Concat(r.Old.Runs, r.New.Runs) {
		if v != nil {
			low, high = min(low, *v), max(high, *v)
		}
	}
	if math.IsInf(low, 1) {
		return nil
	}
	place := func(values []*float64) []dot {
		var all []dot
		for _, v := range values {
			if v == nil {
				continue
			}
			x := 80.0
			if high > low {
				x = 6 + 148*(*v-low)/(high-low)
			}
			all = append(all, dot{X: fmt.Sprintf("%.1f", x), Text: number(*v, r.Unit)})
		}
		return all
	}
	return &plot{Old: place(r.Old.Runs), New: place(r.New.Runs)}
}
