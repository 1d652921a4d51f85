package bench

import "testing"

// A median is never shown as a percentile that could be set against ours.
func TestCommitLatencyIsAMedian(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, statistic, title string
		shown                  bool
	}{
		{"CommitLatency", "Average", "CommitLatency, median (P50)", true},
		{"CommitLatency", "Maximum", "CommitLatency, median (P50)", true},
		{"CommitLatency", "p99", "CommitLatency, median (P50)", false},
		{"TotalDPU", "Sum", "TotalDPU", true},
	} {
		m := CloudWatchMetric{Name: tc.name, Statistic: tc.statistic}
		if m.Title() != tc.title || m.Shown() != tc.shown {
			t.Errorf("%s %s: %q, shown %v", tc.name, tc.statistic, m.Title(), m.Shown())
		}
	}
}
