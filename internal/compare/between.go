package compare

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// primaryShare of alpha goes to the primary figures. With it 4 and 5 runs a side
// can claim as much of the throughput as at the whole alpha of 0.05, for the
// test's levels are steps (2/70; 2, 4 and 8 of 252); the rest is for the others.
const primaryShare = 2.0 / 3

// sample is benchmath's, of a copy that it may sort.
func sample(values []float64) *benchmath.Sample {
	thresholds := benchmath.DefaultThresholds
	return benchmath.NewSample(slices.Clone(values), &thresholds)
}

// betweenRuns tests every figure that all runs have. P is Mann-Whitney's. The
// adjusted p of the primary figures is by their ranks too, so that it equals P
// when there is one; that of the others by their values, because ranks of few
// runs can't tell a large difference from a small one.
func betweenRuns(rows []*Row, old int, o Options) {
	var primary, others []*Row
	for _, r := range rows {
		if r.Why != "" {
			continue
		}
		if tooFew(len(r.Old.Runs), len(r.New.Runs), o.Alpha*primaryShare) {
			r.Why = fmt.Sprintf("needs %d or more runs a side", leastRuns(o.Alpha*primaryShare))
			continue
		}
		p := benchmath.AssumeNothing.Compare(sample(r.Old.numbers()), sample(r.New.numbers())).P
		r.P = &p
		if r.figure.primary {
			primary = append(primary, r)
		} else {
			others = append(others, r)
		}
	}
	adjust(primary, old, midranks)
	adjust(others, old, func(v []float64) []float64 { return v })
}

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

// midranks are the values' ranks from 1; equal values share the mean of theirs.
func midranks(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	ranks := make([]float64, len(values))
	for i, v := range values {
		below, _ := slices.BinarySearch(sorted, v)
		upTo, _ := slices.BinarySearchFunc(sorted, v, func(e, v float64) int {
			if e <= v {
				return -1
			}
			return 1
		})
		ranks[i] = float64(below+1+upTo) / 2
	}
	return ranks
}

// tooFew: not even two sides without any overlap would reach the level.
func tooFew(n, m int, level float64) bool { return leastP(n, m) > level }

// leastP is the smallest p that n runs against m can have.
func leastP(n, m int) float64 { return math.Min(1, 2/choose(n+m, n)) }

// leastRuns a side can reach the level.
func leastRuns(level float64) int {
	n := 1
	for tooFew(n, n, level) {
		n++
	}
	return n
}

func choose(n, k int) float64 {
	c := 1.0
	for i := 1; i <= k; i++ {
		c *= float64(n-k+i) / float64(i)
	}
	return math.Round(c)
}

// cantFindAlone warns when the other figures could have been significant only
// together with the throughput.
func cantFindAlone(rows []*Row, n, m int, alpha float64) string {
	level := alpha * (1 - primaryShare)
	if tooFew(n, m, alpha*primaryShare) {
		return fmt.Sprintf("too few runs: nothing can be found to be significant; it takes %d or more a side", leastRuns(alpha*primaryShare))
	}
	for _, r := range rows {
		if r.figure.primary && (r.Word == Better || r.Word == Worse) {
			return ""
		}
	}
	if tooFew(n, m, level) {
		return fmt.Sprintf("too few runs to find a change of latency without one of throughput; it takes %d or more a side", leastRuns(level))
	}
	return ""
}
