// Package telemetrytest has what the tests of telemetry share: a collector to send to,
// statements to observe, and readers of what was sent. It doesn't import telemetry, so
// that the tests of that package can use it.
package telemetrytest

import (
	"context"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	colmetricpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
)

// Patience bounds every wait; only a failing test takes as long.
const Patience = 30 * time.Second

// Until polls for what another goroutine is about to do.
func Until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// Reaction is what a backend does about the n-th export of spans, n from 1: how
// many it rejects, or its error.
type Reaction func(ctx context.Context, n int, spans int64) (rejected int64, err error)

func TakeAll(context.Context, int, int64) (int64, error) { return 0, nil }

// Hang answers when the backend stops, or the caller has lost patience.
func Hang(ctx context.Context, _ int, _ int64) (int64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

// Backend is an OTLP server on loopback that keeps what it takes.
type Backend struct {
	T       *testing.T
	React   Reaction
	Address string
	server  *grpc.Server
	served  sync.WaitGroup
	Silent  atomic.Bool // no export of nothing is answered

	// Decide and decidePoints, when they aren't nil, say what is taken of the n-th
	// export, n from 1, and what is answered.
	Decide       func(n int, all []*tracepb.ResourceSpans) (taken []*tracepb.ResourceSpans, rejected int64, err error)
	DecidePoints func(n int, all []*metricpb.ResourceMetrics) (taken []*metricpb.ResourceMetrics, rejected int64, err error)

	Late bool // the first export is taken, and answered when the caller has lost patience

	Mu      sync.Mutex
	Hangs   bool // at points
	updates int  // exports of points
	Exports int  // of at least one span
	Spans   []*tracepb.ResourceSpans
	Metrics []*metricpb.ResourceMetrics
}

// NewBackend starts one; nil takes all.
func NewBackend(t *testing.T, react Reaction) *Backend {
	t.Helper()
	if react == nil {
		react = TakeAll
	}
	b := &Backend{T: t, React: react, Address: "127.0.0.1:0"}
	b.Start()
	t.Cleanup(b.Stop)
	return b
}

// Start serves, where it served before if it did.
func (b *Backend) Start() {
	b.T.Helper()
	var l net.Listener
	Until(b.T, "the port is free", func() (free bool) { // another process may hold it for a while
		var err error
		l, err = net.Listen("tcp", b.Address)
		return err == nil
	})
	b.Address = l.Addr().String()
	b.server = grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(b.server, TraceService{Backend: b})
	colmetricpb.RegisterMetricsServiceServer(b.server, MetricsService{Backend: b})
	server := b.server
	b.served.Go(func() { _ = server.Serve(l) }) // it ends with stop
}

func (b *Backend) Stop() {
	b.server.Stop()
	b.served.Wait()
}

// Received are all spans that were taken.
func (b *Backend) Received() (all []*tracepb.Span) {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return SpansOf(b.Spans...)
}

// Points are all metrics that were taken.
func (b *Backend) Points() []*metricpb.ResourceMetrics {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return slices.Clone(b.Metrics)
}

type TraceService struct {
	coltracepb.UnimplementedTraceServiceServer
	Backend *Backend
}

func (s TraceService) Export(ctx context.Context, r *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	n := int64(len(SpansOf(r.ResourceSpans...)))
	response := &coltracepb.ExportTraceServiceResponse{}
	b := s.Backend
	if n == 0 { // somebody asks whether anybody is there
		if b.Silent.Load() {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return response, nil
	}
	b.Mu.Lock()
	b.Exports++
	export := b.Exports
	b.Mu.Unlock()
	taken, rejected, err := b.judge(ctx, export, n, r.ResourceSpans)
	if rejected != 0 {
		response.PartialSuccess = &coltracepb.ExportTracePartialSuccess{RejectedSpans: rejected, ErrorMessage: "not these"}
	}
	b.Mu.Lock()
	defer b.Mu.Unlock()
	b.Spans = append(b.Spans, taken...)
	if err != nil {
		return nil, err
	}
	return response, nil
}

// judge says what is taken of an export of n spans.
func (b *Backend) judge(ctx context.Context, export int, n int64, all []*tracepb.ResourceSpans) (taken []*tracepb.ResourceSpans, rejected int64, err error) {
	if b.Late && export == 1 {
		<-ctx.Done()
		return all, 0, ctx.Err()
	}
	if b.Decide != nil {
		return b.Decide(export, all)
	}
	if rejected, err = b.React(ctx, export, n); err != nil {
		return nil, 0, err
	}
	return all, rejected, nil
}

type MetricsService struct {
	colmetricpb.UnimplementedMetricsServiceServer
	Backend *Backend
}

func (s MetricsService) Export(ctx context.Context, r *colmetricpb.ExportMetricsServiceRequest) (*colmetricpb.ExportMetricsServiceResponse, error) {
	s.Backend.Mu.Lock()
	hangs := s.Backend.Hangs
	s.Backend.Mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s.Backend.Mu.Lock()
	defer s.Backend.Mu.Unlock()
	taken, rejected, err := r.ResourceMetrics, int64(0), error(nil)
	if s.Backend.updates++; s.Backend.DecidePoints != nil {
		taken, rejected, err = s.Backend.DecidePoints(s.Backend.updates, r.ResourceMetrics)
	}
	s.Backend.Metrics = append(s.Backend.Metrics, taken...)
	if err != nil {
		return nil, err
	}
	response := &colmetricpb.ExportMetricsServiceResponse{}
	if rejected != 0 {
		response.PartialSuccess = &colmetricpb.ExportMetricsPartialSuccess{RejectedDataPoints: rejected, ErrorMessage: "not these"}
	}
	return response, nil
}

func SpansOf(messages ...*tracepb.ResourceSpans) (all []*tracepb.Span) {
	for _, m := range messages {
		for _, scope := range m.ScopeSpans {
			all = append(all, scope.Spans...)
		}
	}
	return all
}
