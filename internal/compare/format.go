package compare

import (
	"fmt"
	"math"
	"strings"

	"dsql-load-test/internal/figure"
)

// text returns the value of a side: the run's, or the median and how much the runs differ.
func (v *Value) text(unit string) string {
	if v.Center == nil {
		return figure.Absent
	}
	text := number(*v.Center, unit)
	if v.CV != nil {
		text += fmt.Sprintf(" ± %s", percent(*v.CV))
	}
	return text
}

// number returns a value with its unit. Shares have two digits and sums three or four
// significant ones, so that small changes can be seen; package figure rounds more.
func number(v float64, unit string) string {
	switch {
	case unit == "rows/s" && v >= 100:
		return figure.Whole(v)
	case unit == "ms":
		return figure.Ms(&v)
	case unit == "%":
		return fmt.Sprintf("%.2f %%", v)
	case unit == "USD":
		return fmt.Sprintf("%.4g USD", v)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func percent(share float64) string {
	if share >= 0.0995 {
		return fmt.Sprintf("%.0f %%", 100*share)
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

// changeText returns the change, such as "+5.2 %".
func changeText(r *Row) string {
	switch {
	case r.Old.Center == nil || r.New.Center == nil:
		return figure.Absent
	case r.Change == nil && *r.New.Center == 0:
		return "+0.0 %"
	case r.Change == nil:
		return "from 0"
	}
	return fmt.Sprintf("%+.1f %%", 100**r.Change)
}

// sizeText returns the change without its sign.
func sizeText(r *Row) string { return strings.TrimLeft(changeText(r), "+-") }

// wordText says whether a change is significant, with its p.
func wordText(r *Row) string {
	if r.Word == NotTested {
		return "not tested"
	}
	p := fmt.Sprintf("p=%.3f", *r.AdjustedP)
	if *r.AdjustedP < 0.0005 {
		p = "p<0.001"
	}
	if r.Word == NoChange {
		return fmt.Sprintf("no (%s)", p)
	}
	return fmt.Sprintf("yes, %s (%s)", r.Word, p)
}

// figureText returns the figure, with its unit if the numbers are printed without it.
func figureText(r *Row) string {
	switch r.Unit {
	case "rows/s", "per 1,000 statements":
		return fmt.Sprintf("%s (%s)", r.Figure, r.Unit)
	}
	return r.Figure
}

// title returns the heading of a table.
func (t *Table) title() string {
	if t.Scenario == "" {
		return "whole run"
	}
	return string(t.Scenario)
}

// legend explains a label: "A: old (5 runs)".
func (s *SideInfo) legend() string {
	runs := "runs"
	if s.Runs == 1 {
		runs = "run"
	}
	return fmt.Sprintf("%s: %s (%d %s)", s.Label, s.Name, s.Runs, runs)
}

// notes returns the explanations below the tables.
func (a *Against) notes(c *Comparison) []string {
	var all []string
	if a.Method == WithinRun {
		all = append(all,
			fmt.Sprintf("within-run: the noise between runs isn't known with one run a side. It is taken to be %s of the throughput (--run-noise), more of percentiles.", percent(c.RunNoise)),
			"If your runs differ more, a \"yes\" may be noise. Several runs a side (driver run --repeat 5) measure it.")
	} else {
		all = append(all, "A value is the median of the runs ± their standard deviation.")
	}
	all = append(all, fmt.Sprintf("Comparing equal things, any \"yes\" comes up in at most %s of cases; p is adjusted for the number of figures.", percent(c.Alpha)))
	if noise := a.noise(); noise != "" {
		all = append(all, noise)
	}
	for _, why := range a.whys() {
		all = append(all, "not tested: "+why)
	}
	return all
}

// noise says how small a change of throughput these runs can show.
func (a *Against) noise() string {
	var parts []string
	for _, r := range a.rows() {
		if !r.figure.primary || r.Old.CV == nil || r.New.CV == nil || r.AdjustedP == nil {
			continue
		}
		n, m := float64(len(r.Old.Runs)), float64(len(r.New.Runs))
		// About what Welch's test finds in 4 of 5 cases: its quantiles add up to 3.4 with 8
		// degrees of freedom, and a rank test needs a little more.
		least := 3.6 * math.Sqrt(*r.Old.CV**r.Old.CV/n+*r.New.CV**r.New.CV/m)
		parts = append(parts, fmt.Sprintf("%s %s", name(r.Scenario, r.Figure), percent(least)))
	}
	if len(parts) == 0 {
		return ""
	}
	return "At this noise a change is likely to be found (4 times in 5) from about: " + strings.Join(parts, ", ") + "."
}

// whys returns each reason why figures were not tested, after the figures.
func (a *Against) whys() []string {
	var order []string
	by := map[string][]string{}
	for _, r := range a.rows() {
		if r.Word != NotTested {
			continue
		}
		if by[r.Why] == nil {
			order = append(order, r.Why)
		}
		by[r.Why] = append(by[r.Why], name(r.Scenario, r.Figure))
	}
	for i, why := range order {
		order[i] = strings.Join(by[why], ", ") + ": " + why
	}
	return order
}
