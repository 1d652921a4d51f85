package compare

import (
	"slices"

	"dsql-load-test/internal/bench"
)

const (
	leastSeconds     = 10 // steady seconds that a test needs
	leastIndependent = 5  // independent ones, when autocorrelation is taken into account
)

// steadySeconds leaves out the first and the last second, because the run covers them only
// partly, and the ramps: seconds at either end with less than half of the median's rows.
func steadySeconds(line []bench.TimelineSecond) []bench.TimelineSecond {
	if len(line) < 2 || slices.ContainsFunc(line, func(t bench.TimelineSecond) bool { return t.Rows == nil }) {
		return nil
	}
	line = line[1 : len(line)-1]
	rows := make([]int64, len(line))
	for i, t := range line {
		rows[i] = *t.Rows
	}
	slices.Sort(rows)
	for len(line) > 0 && 2**line[0].Rows < rows[len(rows)/2] {
		line = line[1:]
	}
	for len(line) > 0 && 2**line[len(line)-1].Rows < rows[len(rows)/2] {
		line = line[:len(line)-1]
	}
	return line
}

// seriesMean estimates the mean of an autocorrelated series, the variance of that
// estimate, and the number of independent values that it rests on. Neighbouring seconds are alike, as in a first-order autoregression, so n
// values are worth only n (1 - r) / (1 + r) independent ones, which determine the variance.
// r is the autocorrelation at lag 1, corrected for its bias in a short series (Kendall
// 1954). A negative r counts as 0.
func seriesMean(series []float64) (mean, variance, weight float64, err error) {
	n := float64(len(series))
	if n < leastSeconds {
		return 0, 0, 0, errFewSeconds
	}
	mean, variance = moments(series)
	if mean == 0 {
		return 0, 0, 0, errFewSeconds
	}
	r := 0.0
	if variance > 0 {
		for i := range series[1:] {
			r += (series[i] - mean) * (series[i+1] - mean) / (variance * (n - 1))
		}
		r = min(max(r+(1+4*r)/n, 0), 0.99)
	}
	inflation := (1 + r) / (1 - r)
	independent := n / inflation
	if independent < leastIndependent {
		return 0, 0, 0, errFewSeconds
	}
	// Correlated values differ less from their own mean than from the true one.
	variance *= (n - 1) / (n - inflation)
	return mean, variance / independent, independent, nil
}
