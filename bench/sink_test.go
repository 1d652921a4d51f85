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

// anything takes every message as it came, so that the sink costs next to
// nothing, and answers with empty ones.
type anything struct{}

func (anything) Marshal(any) ([]byte, error)     { return nil, nil }
func (anything) Unmarshal(_ []byte, _ any) error { return nil }
func (anything) Name() string                    { return "proto" }

func export(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	return nil, decode(nil)
}

// service is an OTLP service that forgets what it is sent.
func service(name string) *grpc.ServiceDesc {
	return &grpc.ServiceDesc{ServiceName: name, HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{MethodName: "Export", Handler: export}}}
}

// sink serves until its parent is gone.
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

// startSink answers the sink's address.
func startSink(b *testing.B) string {
	return startChild(b, sinkRole)
}

// startChild starts this program in a role, until the benchmark ends, and answers
// the first line that it prints.
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
