package compare

import (
	"errors"
	"fmt"
	"math"

	"github.com/aclements/go-moremath/stats"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// estimate is the logarithm of a figure, estimated from one run. Its methods make it a
// sample for Welch's test.
type estimate struct {
	log      float64
	variance float64 // of log
	weight   float64 // independent seconds that the variance rests on
}

func (e estimate) Mean() float64     { return e.log }
func (e estimate) Weight() float64   { return e.weight }
func (e estimate) Variance() float64 { return e.variance * e.weight }

var errFewSeconds = errors.New("too few steady seconds, or statements, that are independent of each other")

var errNoNoise = errors.New("every second is the same, which no real run is")

// withinRun tests throughput and percentiles of two single runs.
func withinRun(rows []*Row, a, b *bench.Record, o Options) error {
	for _, r := range rows {
		if r.Why != "" {
			continue
		}
		if r.figure.noise == 0 {
			r.Why = "one value a run: needs several runs a side"
			continue
		}
		p, err := r.within(summaryOf(a, r.Scenario), summaryOf(b, r.Scenario), o.RunNoise)
		switch {
		case errors.Is(err, errFewSeconds), errors.Is(err, errNoNoise):
			r.Why = err.Error()
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", name(r.Scenario, r.Figure), err)
		}
		r.P, r.shift = &p, *r.New.Center-*r.Old.Center
	}
	primary, others := tested(rows)
	holm(primary)
	holm(others)
	return nil
}

// within returns the p of Welch's test. noise between runs is added to the variance.
func (r *Row) within(a, b *bench.Summary, noise float64) (float64, error) {
	var of [2]estimate
	for i, s := range []*bench.Summary{a, b} {
		var err error
		if of[i], err = r.figure.estimate(s); err != nil {
			return 0, err
		}
		of[i].variance += math.Pow(noise*r.figure.noise, 2)
	}
	if of[0].variance+of[1].variance == 0 {
		return 0, errNoNoise
	}
	test, err := stats.TwoSampleWelchTTest(of[0], of[1], stats.LocationDiffers)
	if err != nil {
		return 0, fmt.Errorf("compare: %w", err)
	}
	return test.P, nil
}

func (f *compared) estimate(s *bench.Summary) (estimate, error) {
	steady := steadySeconds(s.Timeline)
	if f.percentile == 0 {
		return meanOf(steady)
	}
	return percentileOf(steady, s.StatementLatency.Histogram, f.percentile)
}

// meanOf estimates the rows per second of a run.
func meanOf(steady []bench.TimelineSecond) (estimate, error) {
	series := make([]float64, len(steady))
	for i, t := range steady {
		series[i] = float64(bench.Known(t.Rows))
	}
	mean, variance, weight, err := seriesMean(series)
	if err != nil {
		return estimate{}, err
	}
	// The variance of the logarithm is the relative variance, as long as that is small.
	return estimate{log: math.Log(mean), variance: variance / (mean * mean), weight: weight}, nil
}

// percentileOf estimates a percentile of a run by bootstrapping its histogram. Statements of
// the same second meet the same database, so n of them are worth fewer independent ones: the
// bootstrap draws only as many samples as explain how much the percentile differs from
// second to second.
func percentileOf(steady []bench.TimelineSecond, of *latency.Snapshot, p float64) (estimate, error) {
	if of == nil {
		return estimate{}, errFewSeconds
	}
	series := make([]float64, 0, len(steady))
	for _, t := range steady {
		if v := secondsPercentile(t, p); v != nil && *v > 0 {
			series = append(series, math.Log(*v))
		}
	}
	_, variance, weight, err := seriesMean(series)
	if err != nil {
		return estimate{}, err
	}
	h, err := of.Histogram()
	if err != nil {
		return estimate{}, err
	}
	n := float64(h.Count())
	independent := n
	if least := bootstrap(h, p, n); variance > least && least > 0 {
		independent = n * least / variance
	}
	if !latency.Enough(p, int64(independent)) {
		return estimate{}, errFewSeconds
	}
	return estimate{
		log: math.Log(h.Percentile(p).Seconds()), variance: bootstrap(h, p, independent), weight: weight,
	}, nil
}

// secondsPercentile returns the nearest percentile at or above p that a second has, else the
// highest.
func secondsPercentile(t bench.TimelineSecond, p float64) (v *float64) {
	for _, q := range t.List() {
		if v = q.Value; p <= q.Percent {
			break
		}
	}
	return v
}

// bootstrap returns the variance of the logarithm of percentile p over n samples from h. It
// draws nothing at random: the share of h below the percentile of n samples is normally
// distributed with standard deviation sqrt(p (1 - p) / n), so a grid over that is enough.
func bootstrap(h *latency.Histogram, p, n float64) float64 {
	const points = 40
	spread := 100 * math.Sqrt(p/100*(1-p/100)/n)
	logs := make([]float64, points)
	for i := range logs {
		z := math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/points-1)
		at := math.Min(math.Max(p+z*spread, 1e-6), 100)
		logs[i] = math.Log(math.Max(h.Percentile(at).Seconds(), 1e-6))
	}
	_, variance := moments(logs)
	return variance
}
