package telemetry

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

// patience bounds every wait; only a failing test takes as long.
const patience = 30 * time.Second

// until polls for what another goroutine is about to do.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// reaction is what a backend does about the n-th export of spans, n from 1: how
// many it rejects, or its error.
type reaction func(ctx context.Context, n int, spans int64) (rejected int64, err error)

func takeAll(context.Context, int, int64) (int64, error) { return 0, nil }

// hang answers when the backend stops, or the caller has lost patience.
func hang(ctx context.Context, _ int, _ int64) (int64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

// backend is an OTLP server on loopback that keeps what it takes.
type backend struct {
	t       *testing.T
	react   reaction
	address string
	server  *grpc.Server
	served  sync.WaitGroup
	silent  atomic.Bool // no export of nothing is answered

	// decide and decidePoints, when they aren't nil, say what is taken of the n-th
	// export, n from 1, and what is answered.
	decide       func(n int, all []*tracepb.ResourceSpans) (taken []*tracepb.ResourceSpans, rejected int64, err error)
	decidePoints func(n int, all []*metricpb.ResourceMetrics) (taken []*metricpb.ResourceMetrics, rejected int64, err error)

	late bool // the first export is taken, and answered when the caller has lost patience

	mu      sync.Mutex
	hangs   bool // at points
	updates int  // exports of points
	exports int  // of at least one span
	spans   []*tracepb.ResourceSpans
	metrics []*metricpb.ResourceMetrics
}

// newBackend starts one; nil takes all.
func newBackend(t *testing.T, react reaction) *backend {
	t.Helper()
	if react == nil {
		react = takeAll
	}
	b := &backend{t: t, react: react, address: "127.0.0.1:0"}
	b.start()
	t.Cleanup(b.stop)
	return b
}

// start serves, where it served before if it did.
func (b *backend) start() {
	b.t.Helper()
	var l net.Listener
	until(b.t, "the port is free", func() (free bool) { // another process may hold it for a while
		var err error
		l, err = net.Listen("tcp", b.address)
		return err == nil
	})
	b.address = l.Addr().String()
	b.server = grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(b.server, traceService{backend: b})
	colmetricpb.RegisterMetricsServiceServer(b.server, metricsService{backend: b})
	server := b.server
	b.served.Go(func() { _ = server.Serve(l) }) // it ends with stop
}

func (b *backend) stop() {
	b.server.Stop()
	b.served.Wait()
}

// received are all spans that were taken.
func (b *backend) received() (all []*tracepb.Span) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return spansOf(b.spans...)
}

// points are all metrics that were taken.
func (b *backend) points() []*metricpb.ResourceMetrics {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.metrics)
}

type traceService struct {
	coltracepb.UnimplementedTraceServiceServer
	backend *backend
}

func (s traceService) Export(ctx context.Context, r *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	n := int64(len(spansOf(r.ResourceSpans...)))
	response := &coltracepb.ExportTraceServiceResponse{}
	b := s.backend
	if n == 0 { // somebody asks whether anybody is there
		if b.silent.Load() {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return response, nil
	}
	b.mu.Lock()
	b.exports++
	export := b.exports
	b.mu.Unlock()
	taken, rejected, err := b.judge(ctx, export, n, r.ResourceSpans)
	if rejected != 0 {
		response.PartialSuccess = &coltracepb.ExportTracePartialSuccess{RejectedSpans: rejected, ErrorMessage: "not these"}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spans = append(b.spans, taken...)
	if err != nil {
		return nil, err
	}
	return response, nil
}

// judge says what is taken of an export of n spans.
func (b *backend) judge(ctx context.Context, export int, n int64, all []*tracepb.ResourceSpans) (taken []*tracepb.ResourceSpans, rejected int64, err error) {
	if b.late && export == 1 {
		<-ctx.Done()
		return all, 0, ctx.Err()
	}
	if b.decide != nil {
		return b.decide(export, all)
	}
	if rejected, err = b.react(ctx, export, n); err != nil {
		return nil, 0, err
	}
	return all, rejected, nil
}

type metricsService struct {
	colmetricpb.UnimplementedMetricsServiceServer
	backend *backend
}

func (s metricsService) Export(ctx context.Context, r *colmetricpb.ExportMetricsServiceRequest) (*colmetricpb.ExportMetricsServiceResponse, error) {
	s.backend.mu.Lock()
	hangs := s.backend.hangs
	s.backend.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s.backend.mu.Lock()
	defer s.backend.mu.Unlock()
	taken, rejected, err := r.ResourceMetrics, int64(0), error(nil)
	if s.backend.updates++; s.backend.decidePoints != nil {
		taken, rejected, err = s.backend.decidePoints(s.backend.updates, r.ResourceMetrics)
	}
	s.backend.metrics = append(s.backend.metrics, taken...)
	if err != nil {
		return nil, err
	}
	response := &colmetricpb.ExportMetricsServiceResponse{}
	if rejected != 0 {
		response.PartialSuccess = &colmetricpb.ExportMetricsPartialSuccess{RejectedDataPoints: rejected, ErrorMessage: "not these"}
	}
	return response, nil
}

func spansOf(messages ...*tracepb.ResourceSpans) (all []*tracepb.Span) {
	for _, m := range messages {
		for _, scope := range m.ScopeSpans {
			all = append(all, scope.Spans...)
		}
	}
	return all
}
