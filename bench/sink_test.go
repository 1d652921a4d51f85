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

// sinkRole is the role of a process that receives telemetry and drops it: the benchmark
// measures the cost of sending, not of a backend on the same machine.
const sinkRole = "sink"

// anything is a codec that doesn't decode messages and returns empty ones, so that the sink
// costs almost nothing.
type anything struct{}

func (anything) Marshal(any) ([]byte, error)     { return nil, nil }
func (anything) Unmarshal(_ []byte, _ any) error { return nil }
func (anything) Name() string                    { return "proto" }

func export(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	return nil, decode(nil)
}

// service is an OTLP service that drops all messages.
func service(name string) *grpc.ServiceDesc {
	return &grpc.ServiceDesc{ServiceName: name, HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{MethodName: "Export", Handler: export}}}
}

// sink serves until its parent process ends.
func sink() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(16<<20), grpc.ForceServerCodec(anything{}))
	server.RegisterService(service(coltracepb.TraceService_ServiceDesc.ServiceName), nil)
	server.RegisterService(service(colmetricpb.MetricsService_ServiceDesc.ServiceName), nil)
	fmt.Println(listener.Addr())
	go func() {
		child.ParentGone()
		server.Stop()
	}()
	_ = server.Serve(listener) // it ends with the parent
}

// startSink starts the sink and returns its address.
func startSink(b *testing.B) string {
	return startChild(b, sinkRole)
}

// startChild starts this program in a role and returns the first line that it prints. The
// process ends with the benchmark.
func startChild(b *testing.B, role string, env ...string) string {
	b.Helper()
	p, err := child.Command(role, env...)
	if err != nil {
		b.Fatal(err)
	}
	p.Stderr = os.Stderr
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
