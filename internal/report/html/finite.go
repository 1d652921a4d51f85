package html

import (
	"slices"

	"dsql-load-test/internal/figure"
)

// leaveOut leaves what is infinite or not a number out of a chart: JSON, in which
// the page's script reads it, can't say it. Values become gaps; without its axes
// the chart is missing.
func (c *chart) leaveOut() {
	for _, s := range c.Series {
		for i, v := range s.Values {
			if v != nil && !figure.Finite(*v) {
				s.Values[i] = nil
			}
		}
	}
	all := slices.Clone(c.Xs)
	for _, s := range c.Shades {
		all = append(all, s.From, s.To)
	}
	for _, m := range c.Marks {
		all = append(all, m.At)
	}
	all = append(all, c.X.From, c.X.To, c.Y.From, c.Y.To)
	if c.Missing == "" && slices.ContainsFunc(all, func(v float64) bool { return !figure.Finite(v) }) {
		c.Missing = "these results don't say when or where each of its values is"
	}
}
