package compare

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Regressions are the significant changes for the worse, of at least least (a
// share), among the watched figures, a sentence each. It fails when none of these
// figures was tested on some side: nothing could have been found there.
func (c *Comparison) Regressions(least float64) ([]string, error) {
	var found []string
	for _, a := range c.Against {
		tested := false
		for _, r := range a.rows() {
			tested = tested || r.Watched && r.Word != NotTested
			if r.Watched && r.Word == Worse && (r.Change == nil || max(*r.Change, -*r.Change) >= least) {
				found = append(found, fmt.Sprintf("%s: %s is worse by %s", a.New.Name, name(r.Scenario, r.Figure), sizeText(r)))
			}
		}
		if !tested {
			return found, fmt.Errorf("%s: no watched figure could be tested, so that no regression can be found", a.New.Name)
		}
	}
	return found, nil
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
