package report

import (
	"strings"
	"testing"
)

// A signal that is turned off is told as such, not as nothing stored; a median is
// told as one, and a percentile of medians not at all.
func TestTextOfWhatIsOff(t *testing.T) {
	t.Parallel()
	r := everything(t)
	r.Telemetry.Spans.Disabled = "OTEL_TRACES_EXPORTER"
	r.CloudWatch.Metrics[0].Name, r.CloudWatch.Metrics[0].Statistic = "CommitLatency", "Average"
	text := string(rendered(t, Text, r))
	if !strings.Contains(text, "none, by OTEL_TRACES_EXPORTER=none") || strings.Contains(text, "  Spans:                     0 produced") {
		t.Errorf("spans: %s", text)
	}
	if !strings.Contains(text, "CommitLatency, median (P50)") {
		t.Errorf("commit latency: %s", text)
	}
	r.CloudWatch.Metrics[0].Statistic = "p99"
	if text := string(rendered(t, Text, r)); strings.Contains(text, "CommitLatency") {
		t.Errorf("commit latency: %s", text)
	}
}
