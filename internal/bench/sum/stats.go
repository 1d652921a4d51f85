package sum

import (
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// statsOf describes values. The median of an even number of values is the mean of the middle
// two.
func statsOf(values []float64) bench.Stats {
	n := len(values)
	if n == 0 {
		return bench.Stats{}
	}
	values = slices.Sorted(slices.Values(values))
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	median := (values[(n-1)/2] + values[n/2]) / 2
	s := bench.Stats{Spread: bench.Spread{Min: &values[0], Max: &values[n-1], Avg: new(sum / float64(n)), Median: &median}}
	bench.Fill(&s.HighPercentiles, func(p float64) *float64 { return &values[latency.NearestRank(p, int64(n))-1] })
	return s
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// ratio returns a/b, or 0 if b is 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// yes reports whether a value is known and true.
func yes(is *bool) bool { return is != nil && *is }
