package compare

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Gate says how large a change for the worse must be to count as a regression.
type Gate struct {
	// all is the least share for the watched figures that aren't named; nil ignores them.
	all   *float64
	named map[string]float64 // by figure
}

// ParseGate reads "5%" for all watched figures, "p99=10%" for one, or several of these
// separated by commas.
func ParseGate(text string) (Gate, error) {
	g := Gate{named: map[string]float64{}}
	var faults []error
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		figure, percent, named := strings.Cut(part, "=")
		if !named {
			figure, percent = "", part
		}
		figure = strings.TrimSpace(figure)
		least, err := ParsePercent(strings.TrimSpace(percent))
		_, twice := g.named[figure]
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%q %w", percent, err))
		case !named && g.all != nil:
			faults = append(faults, fmt.Errorf("%q: %g%% is given for all figures already", part, 100**g.all))
		case !named:
			g.all = &least
		case !slices.Contains(gated(), figure):
			faults = append(faults, fmt.Errorf("%q: must be one of %s", figure, strings.Join(gated(), ", ")))
		case twice:
			faults = append(faults, fmt.Errorf("%q is given twice", figure))
		default:
			g.named[figure] = least
		}
	}
	return g, errors.Join(faults...)
}

// Watched returns the figures that a gate looks at if it names none.
func Watched() (names []string) {
	for _, f := range figures() {
		if f.watched {
			names = append(names, f.name)
		}
	}
	return names
}

// gated returns the figures that a gate can name.
func gated() (names []string) {
	for _, f := range figures() {
		if f.listed() {
			names = append(names, f.name)
		}
	}
	return names
}

// least returns the share for a row's figure; ok is false if the gate doesn't look at it.
func (g Gate) least(r *Row) (least float64, ok bool) {
	if least, ok = g.named[r.Figure]; ok {
		return least, true
	}
	if g.all == nil || !r.Watched {
		return 0, false
	}
	return *g.all, true
}

// Regressions is the result of a gate.
type Regressions struct {
	Found []string // significant changes for the worse, a sentence each
	// Untested are the figures that the gate looks at but that could not be tested, each
	// with the reason.
	Untested []string
	// Open is the reason why the gate may have missed a regression: a figure that it names
	// could not be tested, or no figure at all. Nil if there is none.
	Open error
}

// Regressions returns the changes that are regressions by g.
func (c *Comparison) Regressions(g Gate) Regressions {
	var out Regressions
	var open []error
	for _, a := range c.Against {
		tested := false
		for _, r := range a.rows() {
			least, looked := g.least(r)
			figure := a.New.Name + ": " + name(r.Scenario, r.Figure)
			_, named := g.named[r.Figure]
			switch {
			case !looked:
			case r.Word == NotTested && named:
				open = append(open, fmt.Errorf("%s could not be tested: %s", figure, r.Why))
			case r.Word == NotTested:
				out.Untested = append(out.Untested, figure+": "+r.Why)
			default:
				tested = true
				if r.Word == Worse && (r.Change == nil || max(*r.Change, -*r.Change) >= least) {
					out.Found = append(out.Found, fmt.Sprintf("%s is worse by %s", figure, sizeText(r)))
				}
			}
		}
		for _, one := range a.oneSided {
			if len(g.named) > 0 {
				open = append(open, fmt.Errorf("%s: %s, so that not each figure that is named could be tested", a.New.Name, one))
				continue
			}
			out.Untested = append(out.Untested, a.New.Name+": "+one)
		}
		if !tested {
			open = append(open, fmt.Errorf("%s: no watched figure could be tested, so that no regression can be found", a.New.Name))
		}
	}
	out.Open = errors.Join(open...)
	return out
}

// ParsePercent reads a share given in percent, such as "5%", "2.5 %" or "1e-1%".
func ParsePercent(text string) (float64, error) {
	number, isPercent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !isPercent || err != nil || !(v >= 0 && v <= math.MaxFloat64) {
		return 0, errors.New("must be a percentage such as 5%")
	}
	return v / 100, nil
}
