package cloudwatch

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

const runID = "01M850BJEVW2N143JB0YS2GE2T"

// sendable is a record with metrics of every kind, ended so long ago.
func sendable(now time.Time, ago time.Duration) *bench.Record {
	at := now.Add(-ago).UTC().Truncate(time.Minute)
	point := func(n int, v float64) bench.CloudWatchPoint {
		return bench.CloudWatchPoint{At: at.Add(time.Duration(n) * time.Minute), Value: v}
	}
	r := &bench.Record{Run: bench.Run{ID: runID, Config: bench.Defaults()}}
	r.CloudWatch = &bench.CloudWatch{Complete: true, Metrics: []bench.CloudWatchMetric{
		{Namespace: Cluster, Name: "OccConflicts", Statistic: "Sum", Points: []bench.CloudWatchPoint{point(0, 3), point(1, 4)}},
		{Namespace: Cluster, Name: "CommitLatency", Statistic: "Average", Points: []bench.CloudWatchPoint{point(0, 8)}},
		{Namespace: Cluster, Name: "CommitLatency", Statistic: "p99", Points: []bench.CloudWatchPoint{point(0, 40)}},
		{Namespace: Cluster, Name: "BytesWritten", Statistic: "Sum", Points: []bench.CloudWatchPoint{point(1, 2048)}},
		{Namespace: Function, Name: "ConcurrentExecutions", Statistic: "Maximum", Points: []bench.CloudWatchPoint{point(1, 12)}},
		{Namespace: Function, Name: "Errors", Statistic: "Sum", Points: []bench.CloudWatchPoint{}},
	}}
	return r
}

func TestSendErrors(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1") // nobody listens there
	now := time.Now()
	for _, c := range []struct {
		name   string
		change func(*bench.Record)
		want   string
	}{
		{"nothing fetched", func(r *bench.Record) { r.CloudWatch = nil }, "the results have no CloudWatch metrics"},
		{"too early", func(r *bench.Record) { r.CloudWatch.Complete = false }, errIncomplete.Error()},
		{"no collector", func(*bench.Record) {}, "the collector at http://127.0.0.1:1 didn't take CloudWatch's metrics: "},
	} {
		r := sendable(now, 10*time.Minute)
		c.change(r)
		if sent, err := Send(t.Context(), os.Getenv, r, now); err == nil || !strings.HasPrefix(err.Error(), c.want) || sent.Points != 0 {
			t.Errorf("%s: %+v, %v, want %s", c.name, sent, err, c.want)
		}
	}
}

// TestSendOld: what Prometheus would refuse isn't sent, but told of.
func TestSendOld(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	now := time.Now()
	sent, err := Send(t.Context(), os.Getenv, sendable(now, 3*time.Hour), now)
	if err != nil || sent.Points != 0 || sent.TooOld != 5 {
		t.Errorf("%+v, %v, want 5 points too old and nothing sent", sent, err)
	}
	if want := "0 points sent to the collector at http://127.0.0.1:1; 5 are older than Prometheus takes (an hour) and were left out"; sent.String() != want {
		t.Errorf("%q, want %q", sent, want)
	}
}

// TestNames: each metric has a name of its own in OTLP.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range metrics() {
		if seen[m.otel] || m.scale <= 0 || m.description == "" || len(m.statistics) == 0 || !regexp.MustCompile(`^(lambda\.)?[a-z_]+$`).MatchString(m.otel) {
			t.Errorf("metric %+v", m)
		}
		seen[m.otel] = true
	}
}

// TestDocument compares the table under "CloudWatch" in docs/telemetry.md with
// what is sent.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## CloudWatch\n")
	if !ok {
		t.Fatal("docs/telemetry.md has no section CloudWatch")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var got []string
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "| `") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	var want []string
	for _, m := range metrics() {
		want = append(want, fmt.Sprintf("| `%s%s` | %s | %s `%s` | %s |", namePrefix, m.otel, m.otelUnit, m.namespace, m.name, strings.ToLower(strings.Join(m.statistics, ", "))))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
