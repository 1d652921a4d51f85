package bench_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	colmetricpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"dsql-load-test/internal/local/child"
)

// sinkRole is a process that takes telemetry and forgets it: what is measured is
// the cost of sending, not of a backend on the same machine.
const sinkRole = "sink"

type traceSink struct {
	coltracepb.UnimplementedTraceServiceServer
}

func (traceSink) Export(context.Context, *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

type metricSink struct {
	colmetricpb.UnimplementedMetricsServiceServer
}

func (metricSink) Export(context.Context, *colmetricpb.ExportMetricsServiceRequest) (*colmetricpb.ExportMetricsServiceResponse, error) {
	return &colmetricpb.ExportMetricsServiceResponse{}, nil
}

// sink serves until its parent is gone.
func sink() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(16 << 20))
	coltracepb.RegisterTraceServiceServer(server, traceSink{})
	colmetricpb.RegisterMetricsServiceServer(server, metricSink{})
	fmt.Println(listener.Addr())
	go func() {
		child.ParentGone()
		server.Stop()
	}()
	_ = server.Serve(listener) // it ends with the parent
}

// startSink answers the sink's address.
func startSink(b *testing.B) string {
	p, err := child.Command(sinkRole)
	if err != nil {
		b.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = p.Stdin.Close()
		_ = p.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}
