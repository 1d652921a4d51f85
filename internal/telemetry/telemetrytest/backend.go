// Package telemetrytest has shared helpers for the tests of telemetry: a collector (backend.go),
// statements to observe (statement.go), and readers for the telemetry sent (read.go). It doesn't
// import telemetry, so that the tests of that package can use it.
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

// Patience limits every wait. Only a failing test waits that long.
const Patience = 30 * time.Second

// Until waits until done returns true.
func Until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// Reaction decides about export n of spans (from 1): how many are rejected, or an error.
type Reaction func(ctx context.Context, n int, spans int64) (rejected int64, err error)

// TakeAll rejects nothing.
func TakeAll(context.Context, int, int64) (int64, error) { return 0, nil }

// Hang doesn't answer until the backend stops or the client gives up.
func Hang(ctx context.Context, _ int, _ int64) (int64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

// Backend is an OTLP server on loopback that keeps the accepted spans and metrics.
type Backend struct {
	T       *testing.T
	React   Reaction
	Address string
	server  *grpc.Server
	served  sync.WaitGroup
	Silent  atomic.Bool // empty exports (probes) get no answer

	// Decide and DecidePoints, if not nil, decide what export n (from 1) accepts and returns.
	Decide       func(n int, all []*tracepb.ResourceSpans) (taken []*tracepb.ResourceSpans, rejected int64, err error)
	DecidePoints func(n int, all []*metricpb.ResourceMetrics) (taken []*metricpb.ResourceMetrics, rejected int64, err error)

	Late bool // accepts the first export, but answers only after the client gives up

	Mu      sync.Mutex
	Hangs   bool // exports of points get no answer
	updates int  // exports of points
	Exports int  // of at least one span
	Spans   []*tracepb.ResourceSpans
	Metrics []*metricpb.ResourceMetrics
}

// NewBackend starts a Backend. A nil reaction accepts everything.
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

// Start starts the server, at the same address as before.
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
	b.served.Go(func() { _ = server.Serve(l) }) // it ends with Stop
}

// Stop stops the server.
func (b *Backend) Stop() {
	b.server.Stop()
	b.served.Wait()
}

// Received returns all accepted spans.
func (b *Backend) Received() (all []*tracepb.Span) {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return SpansOf(b.Spans...)
}

// Points returns all accepted metrics.
func (b *Backend) Points() []*metricpb.ResourceMetrics {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return slices.Clone(b.Metrics)
}

// TraceService is the OTLP service for spans.
type TraceService struct {
	coltracepb.UnimplementedTraceServiceServer
	Backend *Backend
}

func (s TraceService) Export(ctx context.Context, r *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	n := int64(len(SpansOf(r.ResourceSpans...)))
	response := &coltracepb.ExportTraceServiceResponse{}
	b := s.Backend
	if n == 0 { // a probe
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

// judge decides which of n spans are accepted.
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

// MetricsService is the OTLP service for metrics.
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

// SpansOf returns the spans in messages.
func SpansOf(messages ...*tracepb.ResourceSpans) (all []*tracepb.Span) {
	for _, m := range messages {
		for _, scope := range m.ScopeSpans {
			all = append(all, scope.Spans...)
		}
	}
	return all
}
