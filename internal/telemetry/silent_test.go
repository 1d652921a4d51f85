package telemetry

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"dsql-load-test/internal/telemetry/telemetrytest"
)

// upload is a client without a network, for a clock that is the test's.
type upload func(context.Context) error

func (upload) Start(context.Context) error { return nil }

func (upload) Stop(context.Context) error { return nil }

func (u upload) UploadTraces(ctx context.Context, _ []*tracepb.ResourceSpans) error {
	err := u(ctx)
	a, _ := ctx.Value(answerKey{}).(*Answer)
	a.done, a.Code = err == nil, status.Code(err)
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
				e := &Exporter{traces: upload(func(ctx context.Context) error {
					if asks++; asks <= tc.silent {
						return silence(ctx)
					}
					return tc.then(ctx)
				})}
				if got := status.Code(e.Probe(context.Background())); got != tc.code {
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
	b := telemetrytest.NewBackend(t, nil)
	b.Silent.Store(true)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	for name, address := range map[string]string{"a collector": b.Address, "a port": mute.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := exporterTo(t, address).ask(context.Background()); status.Code(err) != codes.DeadlineExceeded {
				t.Errorf("%v, want %s", err, codes.DeadlineExceeded)
			}
		})
	}
}
