package telemetry

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"dsql-load-test/internal/bench"
)

// upload is a client without a network, for a clock that is the test's.
type upload func(context.Context) error

func (upload) Start(context.Context) error { return nil }

func (upload) Stop(context.Context) error { return nil }

func (u upload) UploadTraces(ctx context.Context, _ []*tracepb.ResourceSpans) error {
	err := u(ctx)
	a, _ := ctx.Value(answerKey{}).(*answer)
	a.done, a.code = err == nil, status.Code(err)
	return err
}

func silence(ctx context.Context) error {
	<-ctx.Done()
	return status.FromContextError(ctx.Err()).Err()
}

func unavailable(context.Context) error { return status.Error(codes.Unavailable, "not now") }

// Whoever doesn't take telemetry delays a run by no more than this, and a
// collector that is silent for a while is found all the same.
func TestProbe(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		silent int // asks without an answer
		then   upload
		code   codes.Code
		took   time.Duration
	}{
		{"answers", 0, func(context.Context) error { return nil }, codes.OK, 0},
		{"is silent at first", 1, func(context.Context) error { return nil }, codes.OK, probeTime},
		{"is silent", 3, nil, codes.DeadlineExceeded, 2 * probeTime},
		{"refuses", 0, unavailable, codes.Unavailable, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asks, begun := 0, time.Now()
				e := &exporter{traces: upload(func(ctx context.Context) error {
					if asks++; asks <= tc.silent {
						return silence(ctx)
					}
					return tc.then(ctx)
				})}
				if got := status.Code(e.probe(context.Background())); got != tc.code {
					t.Errorf("%s, want %s", got, tc.code)
				}
				if took := time.Since(begun); took != tc.took {
					t.Errorf("it took %v, want %v", took, tc.took)
				}
			})
		})
	}
}

// Silence is known as such, that of a collector and that of a mere port.
func TestAskSilent(t *testing.T) {
	t.Parallel()
	b := newBackend(t, nil)
	b.silent.Store(true)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	for name, address := range map[string]string{"a collector": b.address, "a port": mute.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := exporterTo(t, address).ask(context.Background()); status.Code(err) != codes.DeadlineExceeded {
				t.Errorf("%v, want %s", err, codes.DeadlineExceeded)
			}
		})
	}
}

// points is an exporter of metrics without a network.
type points struct {
	sdkmetric.Exporter
	upload upload
}

func (p points) Export(ctx context.Context, _ *metricdata.ResourceMetrics) error {
	return p.upload.UploadTraces(ctx, nil)
}

func (points) Shutdown(context.Context) error { return nil }

// With nobody to take the telemetry a run ends within 10 s all the same, by the
// clock.
func TestCloseDeadline(t *testing.T) {
	t.Parallel()
	for name, nobody := range map[string]upload{"hangs": silence, "unavailable for ever": unavailable} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				d, err := newDriver(ctx, options(bench.TelemetryRelay), &exporter{traces: nobody, metrics: points{upload: nobody}})
				if err != nil {
					t.Fatal(err)
				}
				d.Begin("individual", testPlan(1)).End(0)
				begun := time.Now()
				got := d.Close(ctx, bench.Complete)
				if took := time.Since(begun); took < drainDeadline || took > 10*time.Second {
					t.Errorf("it took %v", took)
				}
				if h := got.Spans.Driver; !h.Balanced() || h.Dropped[reasonUnconfirmed] != 2 || !got.Points.Driver.Balanced() || got.OK {
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
		{"answers", 0, patience, http.StatusOK, true, 1},
		{"is silent at first", 1, 5 * time.Second, http.StatusOK, true, 2},
		{"is silent", 3, 500 * time.Millisecond, http.StatusOK, false, 2},
		{"has none", 0, patience, http.StatusNotFound, false, 1},
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
			if got := firstScrape(context.Background(), server.URL, tc.limit); (got != nil) != tc.read || asked.Load() > tc.asked {
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
		d, err := newDriver(ctx, options(bench.TelemetryRelay), &exporter{traces: upload(slowly), metrics: points{upload: slowly}})
		if err != nil {
			t.Fatal(err)
		}
		d.Begin("individual", testPlan(1)).End(0)
		time.Sleep(100 * time.Millisecond) // the first export is on its way
		d.points.close(ctx, 5*time.Second)
		if cutOff.Load() > 0 || taken.Load() < 2 {
			t.Errorf("%d exports taken, %d cut off", taken.Load(), cutOff.Load())
		}
		d.spans.drain(ctx)
	})
}
