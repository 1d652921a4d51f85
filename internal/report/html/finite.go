package html

import (
	"slices"

	"dsql-load-test/internal/figure"
)

// leaveOut removes numbers that are infinite or NaN from a chart, because JSON has none.
// Values become gaps. If a number of an axis is not finite, the whole chart is missing.
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
