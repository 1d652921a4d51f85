package cloudwatch

import (
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote/quotetest"
)

// What CloudWatch and a results file say is told on as many lines as ever.
func TestHostileMeasurements(t *testing.T) {
	told := func(text string) string {
		r := &bench.Record{
			Run:        bench.Run{Target: bench.AWS},
			CloudWatch: &bench.CloudWatch{Metrics: []bench.CloudWatchMetric{{Total: new(1.0)}, {}}},
			Cost:       &bench.Cost{Actual: &bench.CostSheet{}},
		}
		quotetest.Spoil(r, text)
		return Text(r, nil)
	}
	hostile := told(quotetest.Hostile)
	quotetest.Clean(t, hostile)
	quotetest.SameLines(t, hostile, told(quotetest.Harmless))
}
