package compare

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// primaryShare is the share of alpha for the primary figures; the other figures get the
// rest. With few runs the possible p values are coarse steps (2/70 for 4 runs a side; 2, 4
// and 8 of 252 for 5), so this share finds as much as the whole alpha of 0.05 would.
const primaryShare = 2.0 / 3

// sample returns the values as a benchmath sample. It is a copy, because benchmath sorts.
func sample(values []float64) *benchmath.Sample {
	thresholds := benchmath.DefaultThresholds
	return benchmath.NewSample(slices.Clone(values), &thresholds)
}

// betweenRuns tests every figure that all runs have. P is from the Mann-Whitney test. The
// adjusted p of the primary figures is computed from ranks too, so that it equals P if there
// is only one primary figure. The other figures use their values, because with few runs
// ranks don't distinguish a large difference from a small one.
func betweenRuns(rows []*Row, old int, o Options) {
	for _, r := range rows {
		if r.Why != "" {
			continue
		}
		if tooFew(len(r.Old.Runs), len(r.New.Runs), o.Alpha*primaryShare) {
			r.Why = fmt.Sprintf("needs %d or more runs a side", leastRuns(o.Alpha*primaryShare))
			continue
		}
		r.P = new(benchmath.AssumeNothing.Compare(sample(r.Old.numbers()), sample(r.New.numbers())).P)
	}
	primary, others := tested(rows)
	adjust(primary, old, midranks)
	adjust(others, old, func(v []float64) []float64 { return v })
}

// tested returns the rows that have a p, primary figures apart from the others.
func tested(rows []*Row) (primary, others []*Row) {
	for _, r := range rows {
		switch {
		case r.P == nil:
		case r.figure.primary:
			primary = append(primary, r)
		default:
			others = append(others, r)
		}
	}
	return primary, others
}

// adjust sets shift and adjusted p of the rows, from the scores of their runs' values.
func adjust(rows []*Row, old int, scores func([]float64) []float64) {
	columns := make([][]float64, len(rows))
	for i, r := range rows {
		columns[i] = scores(append(r.Old.numbers(), r.New.numbers()...))
		r.shift = mean(columns[i][old:]) - mean(columns[i][:old])
	}
	for i, p := range stepDown(columns, old) {
		rows[i].AdjustedP = &p
	}
}

func mean(values []float64) float64 {
	mean, _ := moments(values)
	return mean
}

// midranks returns the ranks of the values, from 1. Equal values get the mean of their ranks.
func midranks(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	ranks := make([]float64, len(values))
	for i, v := range values {
		below, _ := slices.BinarySearch(sorted, v)
		upTo, _ := slices.BinarySearch(sorted, math.Nextafter(v, math.Inf(1)))
		ranks[i] = float64(below+1+upTo) / 2
	}
	return ranks
}

// tooFew reports whether even two sides without any overlap can't reach the level.
func tooFew(n, m int, level float64) bool { return leastP(n, m) > level }

// leastP returns the smallest p that n runs against m can have.
func leastP(n, m int) float64 { return math.Min(1, 2/choose(n+m, n)) }

// leastRuns returns how many runs a side are needed to reach the level.
func leastRuns(level float64) int {
	n := 1
	for tooFew(n, n, level) {
		n++
	}
	return n
}

// choose is the binomial coefficient: the number of ways to choose k of n.
func choose(n, k int) float64 {
	c := 1.0
	for i := 1; i <= k; i++ {
		c *= float64(n-k+i) / float64(i)
	}
	return math.Round(c)
}

// cantFindAlone returns a warning if the other figures could be significant only together
// with the throughput.
func cantFindAlone(rows []*Row, n, m int, alpha float64) string {
	level := alpha * (1 - primaryShare)
	if tooFew(n, m, alpha*primaryShare) {
		return fmt.Sprintf("too few runs: nothing can be found to be significant; it takes %d or more a side", leastRuns(alpha*primaryShare))
	}
	changed := slices.ContainsFunc(rows, func(r *Row) bool { return r.figure.primary && r.changed() })
	if !changed && tooFew(n, m, level) {
		return fmt.Sprintf("too few runs to find a change of latency without one of throughput; it takes %d or more a side", leastRuns(level))
	}
	return ""
}
