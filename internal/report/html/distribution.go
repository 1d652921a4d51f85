package html

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/latency"
)

// perDecade is the number of points and buckets per factor of ten.
const perDecade = 20

// distribution returns the histogram of a scenario's statement latency, or why there is none.
func distribution(s *bench.Summary) (h *latency.Histogram, problem string) {
	l := s.StatementLatency
	switch {
	case l.Count == 0:
		return nil, noLatency(s) + ", so there is no distribution to draw"
	case l.Histogram == nil:
		return nil, "these results hold no histogram"
	}
	h, err := l.Histogram.Histogram()
	if err != nil {
		return nil, "the histogram can't be read: " + err.Error()
	}
	return h, ""
}

// noLatency returns why s has no latency of statements.
func noLatency(s *bench.Summary) string {
	if foreign(s) {
		return "the function doesn't report how long its statements took"
	}
	return "no statement was acknowledged"
}

// foreign reports whether the function is another suite's: it reports rows, not statements.
func foreign(s *bench.Summary) bool { return s.Foreign() && s.SuccessfulLambdas > 0 }

// percentiles makes the HDR plot of one or both scenarios: latency over 1/(1-p).
func percentiles(id, title string, summaries ...*bench.Summary) *chart {
	c := &chart{
		ID: id, Title: title, Height: 260,
		X:    axis{Label: "percentile (log of 1/(1-p))", Format: "percentile", Log: true, From: 1},
		Y:    axis{Label: "latency, log scale", Format: "ms", Log: true},
		Note: "The latency that this share of the acknowledged statements did not exceed. The line ends at the maximum.",
	}
	histograms := map[bench.Scenario]*latency.Histogram{}
	var most int64
	for _, s := range summaries {
		h, problem := distribution(s)
		if h == nil {
			c.Missing = problem
			continue
		}
		histograms[s.Scenario] = h
		most = max(most, h.Count())
	}
	if len(histograms) == 0 {
		return c
	}
	c.Missing = ""
	c.Xs, c.X.To = odds(histograms), max(float64(most), 2)
	for _, s := range summaries {
		if h := histograms[s.Scenario]; h != nil {
			c.Series = append(c.Series, series{Name: string(s.Scenario), Color: string(s.Scenario), Kind: "line", Values: quantiles(h, c.Xs)})
		}
	}
	if len(histograms) == 1 {
		c.Note += " Shaded: fewer than ten samples lie beyond."
		c.Shades = []shade{{max(float64(most)/10, 1), c.X.To, "few samples"}}
	}
	return c
}

// odds returns the values of 1/(1-p) to draw: evenly spaced on a log scale, and the number of
// samples of each histogram, where its maximum is drawn.
func odds(histograms map[bench.Scenario]*latency.Histogram) []float64 {
	set := map[float64]bool{}
	for _, h := range histograms {
		n := float64(h.Count())
		for k := 0; ; k++ {
			x := math.Pow(10, float64(k)/perDecade)
			if x >= n {
				break
			}
			set[significant(x, 5)] = true
		}
		for _, x := range []float64{2, 20, 1000, n} {
			if x <= n {
				set[x] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// quantiles returns the latency at each of odds; nil beyond the number of samples.
func quantiles(h *latency.Histogram, xs []float64) []*float64 {
	values := make([]*float64, len(xs))
	for i, x := range xs {
		switch n := float64(h.Count()); {
		case x == 1:
			values[i] = new(inMs(h.Min()))
		case x == n:
			values[i] = new(inMs(h.Max()))
		case x < n:
			values[i] = new(inMs(h.Percentile(100 * (1 - 1/x))))
		}
	}
	return values
}

// histogram counts statements in buckets that are equally wide on a log scale.
func histogram(s *bench.Summary) *chart {
	c := &chart{
		ID: string(s.Scenario) + "-histogram", Title: "Latency histogram", Height: 260,
		X: axis{Label: "latency, log scale", Format: "bucket"},
		Y: axis{Label: "statements", Format: "count"},
	}
	h, problem := distribution(s)
	if h == nil {
		c.Missing = problem
		return c
	}
	first := int(math.Floor(place(h.Min())))
	last := max(int(math.Ceil(place(h.Max()))), first+1)
	counts, before := series{Name: "statements", Color: "rows", Kind: "bars"}, int64(0)
	for k := first; k < last; k++ {
		upTo := h.Count() // for the last bucket, because its edge is rounded
		if k < last-1 {
			upTo = notAbove(h, edge(k+1))
		}
		c.Xs = append(c.Xs, float64(k-first)+0.5)
		c.Labels = append(c.Labels, millis(inMs(edge(k)))+" to "+millis(inMs(edge(k+1))))
		counts.Values = append(counts.Values, new(float64(upTo-before)))
		before = upTo
	}
	c.Series = []series{counts}
	c.X.To = float64(last - first)
	for _, p := range []float64{50, 99} {
		at := significant(place(h.Percentile(p))-float64(first), 5)
		c.Marks = append(c.Marks, mark{at, fmt.Sprintf("p%v", p)})
	}
	c.Note = fmt.Sprintf("%s in buckets of 1/%d of a factor of ten.", figure.Plural(h.Count(), "acknowledged statement"), perDecade)
	return c
}

// place returns the position of d in buckets, from 1 ms.
func place(d time.Duration) float64 {
	return perDecade * math.Log10(max(inMs(d), 0.001))
}

// edge returns the lower end of the k-th bucket, from 1 ms.
func edge(k int) time.Duration {
	return time.Duration(math.Round(1000*math.Pow(10, float64(k)/perDecade))) * time.Microsecond
}

// notAbove returns how many samples are at most d. A Histogram returns the sample at a rank,
// so this searches for the rank.
func notAbove(h *latency.Histogram, d time.Duration) int64 {
	n := h.Count()
	return int64(sort.Search(int(n), func(i int) bool {
		return h.Percentile(100*float64(i+1)/float64(n)) > d
	}))
}

func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// significant rounds v to that many significant digits.
func significant(v float64, figures int) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, float64(figures)-math.Ceil(math.Log10(math.Abs(v))))
	if rounded := math.Round(v*scale) / scale; figure.Finite(rounded) {
		return rounded
	}
	return v // too close to 0 to scale, or not finite
}
