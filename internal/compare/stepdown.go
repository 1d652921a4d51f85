package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// labelings is the most ways to label the runs old and new that are tried. If there are
// fewer, all are tried, and p is exact.
const labelings = 20000

// stepDown returns the adjusted p of each column, by the step-down maxT of Westfall and
// Young ("Resampling-based multiple testing", 1993): how often would the largest of the
// differences be this large if the labels old and new were random? The columns of a run stay
// together, so figures that move together, such as latency and throughput, count as one. A
// column has one value per run, the old runs first.
func stepDown(columns [][]float64, old int) []float64 {
	if len(columns) == 0 {
		return nil
	}
	runs := len(columns[0])
	centred := make([]column, len(columns))
	observed := make([]float64, len(columns))
	for i, c := range columns {
		centred[i] = centre(c)
		observed[i] = centred[i].difference(firstOf(runs, old))
	}
	order := make([]int, len(columns)) // largest difference first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(observed[j], observed[i]) })
	reached := make([]float64, len(columns))
	total := 0.0
	eachLabeling(runs, old, func(isOld []bool) {
		total++
		most := 0.0
		for _, i := range slices.Backward(order) {
			most = max(most, centred[i].difference(isOld))
			if most >= observed[i]*(1-1e-9) { // the same sum, added in another order
				reached[i]++
			}
		}
	})
	adjusted := make([]float64, len(columns))
	least := 0.0
	for _, i := range order {
		least = max(least, reached[i]/total)
		adjusted[i] = least
	}
	return adjusted
}

// column is the values of a figure minus their mean, scaled so that they span 1, and the sum
// of their squares.
type column struct {
	values  []float64
	squares float64
}

// rounding is the share of a figure below which runs differ only by rounding: no clock or
// counter is that exact.
const rounding = 1e-9

// centre makes a column of values. If all runs have the same value, apart from rounding, it
// has only zeros, so that no labeling looks like a difference.
func centre(values []float64) column {
	c := column{values: make([]float64, len(values))}
	least, most := slices.Min(values), slices.Max(values)
	if most-least <= rounding*max(math.Abs(least), math.Abs(most)) {
		return c
	}
	mean, _ := moments(values)
	for i, v := range values {
		c.values[i] = (v - mean) / (most - least)
		c.squares += c.values[i] * c.values[i]
	}
	return c
}

// difference is |t| of Student's two-sample test. On ranks it orders the labelings as the U
// of Mann and Whitney does.
func (c *column) difference(isOld []bool) float64 {
	n, sum := 0.0, 0.0 // of the old runs; the sum of the new ones is -sum
	for i, v := range c.values {
		if isOld[i] {
			n++
			sum += v
		}
	}
	runs := float64(len(c.values))
	gap := math.Abs(sum) * runs / (n * (runs - n))
	between := gap * math.Abs(sum)
	switch {
	case between <= 1e-12*c.squares: // only rounding, also if all values are equal
		return 0
	case between >= c.squares*(1-1e-12):
		return math.Inf(1)
	}
	return math.Sqrt(between / (c.squares - between) * (runs - 2))
}

// firstOf returns the labeling in which the first runs are old.
func firstOf(runs, old int) []bool {
	return append(slices.Repeat([]bool{true}, old), make([]bool, runs-old)...)
}

// eachLabeling visits every way to choose the old runs. If there are too many, it visits the
// real one and many random ones.
func eachLabeling(runs, old int, visit func([]bool)) {
	if choose(runs, old) > labelings {
		random := rand.New(rand.NewPCG(uint64(runs), uint64(old)))
		is := firstOf(runs, old)
		for range labelings {
			visit(is) // the first time the real one, so that p is never 0
			random.Shuffle(runs, func(i, j int) { is[i], is[j] = is[j], is[i] })
		}
		return
	}
	is := make([]bool, runs)
	var place func(from, left int)
	place = func(from, left int) {
		if left == 0 {
			visit(is)
			return
		}
		for i := from; i <= runs-left; i++ {
			is[i] = true
			place(i+1, left-1)
			is[i] = false
		}
	}
	place(0, old)
}
