package relay

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"dsql-load-test/internal/telemetry"
)

// Of messages that wait too long the oldest are dropped, but for those that no
// later one stands for.
func TestUnsent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		once func(i int) bool
		wait int
		left func(i int) bool
		lost int64
	}{
		{"as many as may wait", func(i int) bool { return i%10 == 0 }, maxUnsent, func(int) bool { return true }, 0},
		{"too many", func(int) bool { return false }, maxUnsent + 100, func(i int) bool { return i >= 100 }, 100},
		{
			"too many, some of which nothing stands for", func(i int) bool { return i%2 == 0 }, maxUnsent + 100,
			func(i int) bool { return i%2 == 0 || i >= 200 }, 100,
		},
		{"too many, and nothing stands for any", func(int) bool { return true }, maxUnsent + 100, func(int) bool { return true }, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := &pointRelay{exporter: sending(busily), now: time.Now, set: telemetry.NewSet(time.Now())}
			var want []int64
			for i := range tc.wait {
				data := metricdata.Sum[int64]{DataPoints: []metricdata.DataPoint[int64]{{Value: int64(i)}}}
				m.unsent = append(m.unsent, batch{resource.Empty(), metricdata.ScopeMetrics{Metrics: []metricdata.Metrics{{Data: data}}}, tc.once(i)})
				if tc.left(i) {
					want = append(want, int64(i))
				}
			}
			if m.sendUnsent(context.Background(), false) {
				t.Error("all was taken")
			}
			var got []int64
			for _, b := range m.unsent {
				got = append(got, b.points.Metrics[0].Data.(metricdata.Sum[int64]).DataPoints[0].Value)
			}
			if diff := cmp.Diff(want, got); diff != "" || m.made.Dropped[telemetry.ReasonSuperseded] != tc.lost || m.made.Lost() != tc.lost {
				t.Errorf("%+v, want %d superseded; waiting: -want +got\n%s", m.made, tc.lost, diff)
			}
		})
	}
}
