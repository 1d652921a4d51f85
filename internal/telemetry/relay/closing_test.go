package relay

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// sending is a sender without a network, for a clock that is the test's.
type sending func(context.Context) error

func (s sending) SendSpans(ctx context.Context, _ [][]byte) (telemetry.Answer, error) {
	err := s(ctx)
	return telemetry.Answer{Code: status.Code(err)}, err
}

func (s sending) SendMetrics(ctx context.Context, _ *metricdata.ResourceMetrics) (telemetry.Answer, error) {
	return s.SendSpans(ctx, nil)
}

func (sending) Close(context.Context) error { return nil }

func silently(ctx context.Context) error {
	<-ctx.Done()
	return status.FromContextError(ctx.Err()).Err()
}

func busily(context.Context) error { return status.Error(codes.Unavailable, "not now") }

// With nobody to take the telemetry a run ends within 10 s all the same, by the
// clock.
func TestCloseDeadline(t *testing.T) {
	t.Parallel()
	for name, nobody := range map[string]sending{"hangs": silently, "unavailable for ever": busily} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				o := options(bench.TelemetryRelay)
				d, err := newDriver(ctx, o, sending(nobody), newScraper(o.countersURL(), o.Now))
				if err != nil {
					t.Fatal(err)
				}
				d.Begin("individual", testPlan(1)).End(0)
				begun := time.Now()
				got := d.Close(ctx, bench.Complete)
				if took := time.Since(begun); took < drainDeadline || took > 10*time.Second {
					t.Errorf("it took %v", took)
				}
				if h := got.Spans.Driver; !h.Balanced() || h.Dropped[telemetry.ReasonUnconfirmed] != 2 || !got.Points.Driver.Balanced() || got.OK {
					t.Errorf("spans %+v, points %+v, ok %v", h, got.Points.Driver, got.OK)
				}
			})
		})
	}
}

// Counters that are silent for a while are read all the same; an answer stands.
func TestFirstScrape(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		silent int64 // requests without an answer
		limit  time.Duration
		status int
		read   bool
		asked  int64 // at most
	}{
		{"answers", 0, telemetrytest.Patience, http.StatusOK, true, 1},
		{"is silent at first", 1, 5 * time.Second, http.StatusOK, true, 2},
		{"is silent", 3, 500 * time.Millisecond, http.StatusOK, false, 2},
		{"has none", 0, telemetrytest.Patience, http.StatusNotFound, false, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if asked.Add(1) <= tc.silent {
					<-r.Context().Done()
					return
				}
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(collectorText))
			}))
			t.Cleanup(server.Close)
			if got := newScraper(server.URL, time.Now).first(context.Background(), tc.limit); (got != nil) != tc.read || asked.Load() > tc.asked {
				t.Errorf("counters %v after %d requests, want %d at most", got, asked.Load(), tc.asked)
			}
		})
	}
}

// An export on its way when the run ends isn't cut off: what the collector makes
// of it might come after the last points.
func TestCloseWaitsForExport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		var cutOff, taken atomic.Int64
		slowly := func(ctx context.Context) error {
			select {
			case <-time.After(300 * time.Millisecond):
				taken.Add(1)
				return nil
			case <-ctx.Done():
				cutOff.Add(1)
				return status.FromContextError(ctx.Err()).Err()
			}
		}
		o := options(bench.TelemetryRelay)
		d, err := newDriver(ctx, o, sending(slowly), newScraper(o.countersURL(), o.Now))
		if err != nil {
			t.Fatal(err)
		}
		d.Begin("individual", testPlan(1)).End(0)
		synctest.Wait() // the first export is on its way
		d.points.close(ctx, bench.Complete, 5*time.Second)
		if cutOff.Load() > 0 || taken.Load() < 2 {
			t.Errorf("%d exports taken, %d cut off", taken.Load(), cutOff.Load())
		}
		d.spans.drain(ctx)
	})
}
