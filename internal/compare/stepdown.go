package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// labelings is how many ways to name the runs old and new are tried at most.
// Where there are fewer, all of them are: the p is then exact.
const labelings = 20000

// stepDown answers the adjusted p of each column, by Westfall and Young's
// step-down maxT ("Resampling-based multiple testing", 1993): how often would
// the largest of the differences be so large if it didn't matter which runs are
// old? All columns of a run stay together, so that figures that move together,
// as latency and throughput do, count as one rather than as many. A column has
// one value per run, the old ones first.
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
			if most >= observed[i]*(1-1e-9) { // the same sum in another order
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

// column are a figure's values less their mean, the largest of them 1, and the
// sum of their squares.
type column struct {
	values  []float64
	squares float64
}

// rounding is the share of a figure below which runs differ by their arithmetic
// alone: no clock or counter of a run is as exact.
const rounding = 1e-9

// centre makes a column of values. A figure that is the same in all runs, but for
// rounding, has only zeros, so that no labeling of it looks like a difference.
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

// difference is |t| of Student's two samples. On ranks it orders the labelings
// as Mann and Whitney's U does.
func (c *column) difference(isOld []bool) float64 {
	n, sum := 0.0, 0.0 // of the old; the new ones' sum is -sum
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
	case between <= 1e-12*c.squares: // nothing but rounding, also when all values are equal
		return 0
	case between >= c.squares*(1-1e-12):
		return math.Inf(1)
	}
	return math.Sqrt(between / (c.squares - between) * (runs - 2))
}

func firstOf(runs, old int) []bool {
	is := make([]bool, runs)
	for i := range old {
		is[i] = true
	}
	return is
}

// eachLabeling visits every choice of old among runs, or that of the runs and
// many random ones when they are too many.
func eachLabeling(runs, old int, visit func([]bool)) {
	if choose(runs, old) > labelings {
		random := rand.New(rand.NewPCG(uint64(runs), uint64(old)))
		is := firstOf(runs, old)
		for range labelings {
			visit(is) // the first time as it was observed: a p is never 0
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
