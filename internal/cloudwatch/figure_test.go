package cloudwatch

import (
	"slices"
	"testing"

	"dsql-load-test/internal/figure"
)

// Every metric that is fetched has a figure for thresholds, and the other way round.
func TestFigures(t *testing.T) {
	fetched := map[figure.CloudWatchMetric]bool{}
	for _, m := range metrics() {
		for _, statistic := range m.statistics {
			fetched[figure.CloudWatchMetric{Namespace: m.namespace, Name: m.name, Statistic: statistic}] = true
		}
	}
	of := map[figure.CloudWatchMetric]string{}
	for _, f := range figure.All() {
		if f.CloudWatch == nil || *f.CloudWatch == (figure.CloudWatchMetric{}) {
			continue
		}
		if !fetched[*f.CloudWatch] || of[*f.CloudWatch] != "" || !f.OfRun {
			t.Errorf("%s is of %+v, which is fetched: %v, and has %q too", f.Name, *f.CloudWatch, fetched[*f.CloudWatch], of[*f.CloudWatch])
		}
		of[*f.CloudWatch] = f.Name
	}
	for m := range fetched {
		if of[m] == "" {
			t.Errorf("%+v has no figure", m)
		}
	}
	if !slices.ContainsFunc(figure.All(), func(f figure.Figure) bool { return f.Name == "cloudwatch.occ_conflicts" }) {
		t.Error("no cloudwatch.occ_conflicts")
	}
}
