package e2e_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	colmetricpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refuser is a collector that accepts no telemetry: it responds to every export with a code
// or, if the code is OK, by rejecting the whole content.
type refuser struct {
	code  codes.Code
	spans atomic.Int64 // that were sent to it, each time again
}

// serve starts the refuser and returns its address.
func (r *refuser) serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(16 << 20))
	coltracepb.RegisterTraceServiceServer(server, traceRefuser{refuser: r})
	colmetricpb.RegisterMetricsServiceServer(server, metricRefuser{refuser: r})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until it is stopped
	}()
	t.Cleanup(func() {
		server.Stop()
		<-ended
	})
	return listener.Addr().String()
}

func (r *refuser) err() error {
	if r.code == codes.OK {
		return nil
	}
	return status.Error(r.code, "on purpose")
}

type traceRefuser struct {
	coltracepb.UnimplementedTraceServiceServer
	*refuser
}

func (r traceRefuser) Export(_ context.Context, in *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	n := int64(len(spansOf(&tracepb.TracesData{ResourceSpans: in.ResourceSpans})))
	r.spans.Add(n)
	return &coltracepb.ExportTraceServiceResponse{PartialSuccess: &coltracepb.ExportTracePartialSuccess{RejectedSpans: n}}, r.err()
}

type metricRefuser struct {
	colmetricpb.UnimplementedMetricsServiceServer
	*refuser
}

func (r metricRefuser) Export(_ context.Context, in *colmetricpb.ExportMetricsServiceRequest) (*colmetricpb.ExportMetricsServiceResponse, error) {
	n := 0
	for _, resource := range in.ResourceMetrics {
		for _, scope := range resource.ScopeMetrics {
			for _, m := range scope.Metrics {
				n += len(m.GetSum().GetDataPoints()) + len(m.GetGauge().GetDataPoints()) + len(m.GetExponentialHistogram().GetDataPoints())
			}
		}
	}
	return &colmetricpb.ExportMetricsServiceResponse{PartialSuccess: &colmetricpb.ExportMetricsPartialSuccess{RejectedDataPoints: int64(n)}}, r.err()
}
