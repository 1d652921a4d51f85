package telemetry

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	colmetricpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"dsql-load-test/internal/certtest"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// Settings are read as the specification says.
func TestSignalOf(t *testing.T) {
	t.Parallel()
	certificate, key := certtest.Pair(t)
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	type read struct {
		Target, Security string
		Headers          map[string]string
		Gzip             bool
		Timeout          time.Duration
	}
	for _, tc := range []struct {
		name string
		vars []string
		want read
	}{
		{"nothing set", nil, read{"localhost:4317", "insecure", nil, false, time.Minute}},
		{"blanks", []string{endpoint, " ", "OTEL_EXPORTER_OTLP_HEADERS", " ", "OTEL_EXPORTER_OTLP_TIMEOUT", "\t"}, read{"localhost:4317", "insecure", nil, false, time.Minute}},
		{"the default without TLS", []string{"OTEL_EXPORTER_OTLP_INSECURE", "false"}, read{"localhost:4317", "insecure", nil, false, time.Minute}},
		{"https over INSECURE", []string{endpoint, "https://h:1/path", "OTEL_EXPORTER_OTLP_INSECURE", "TRUE"}, read{"h:1", "tls", nil, false, time.Minute}},
		{"http over INSECURE and a certificate", []string{endpoint, "HTTP://me:geheim@h:1", "OTEL_EXPORTER_OTLP_INSECURE", "false", "OTEL_EXPORTER_OTLP_CERTIFICATE", certificate}, read{"h:1", "insecure", nil, false, time.Minute}},
		{"another scheme", []string{endpoint, "dns:///h:1"}, read{"dns:///h:1", "tls", nil, false, time.Minute}},
		{"another scheme, INSECURE", []string{endpoint, "dns:///h:1", "OTEL_EXPORTER_OTLP_INSECURE", "True"}, read{"dns:///h:1", "insecure", nil, false, time.Minute}},
		{"another scheme, no true", []string{endpoint, "dns:///h:1", "OTEL_EXPORTER_OTLP_INSECURE", "1"}, read{"dns:///h:1", "tls", nil, false, time.Minute}},
		{"a socket", []string{endpoint, "unix:///run/x"}, read{"unix:///run/x", "insecure", nil, false, time.Minute}},
		{"own certificates", []string{endpoint, "https://h:1", "OTEL_EXPORTER_OTLP_CERTIFICATE", certificate, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certificate, "OTEL_EXPORTER_OTLP_CLIENT_KEY", key}, read{"h:1", "tls", nil, false, time.Minute}},
		{"all", []string{"OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP", "OTEL_EXPORTER_OTLP_HEADERS", "A = b%20c ,,d=", "OTEL_EXPORTER_OTLP_TIMEOUT", " 1500 "}, read{"localhost:4317", "insecure", map[string]string{"A": "b c", "d": ""}, true, 1500 * time.Millisecond}},
		{"the signal's own first", []string{
			endpoint, "https://h:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:2", "OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "NONE",
			"OTEL_EXPORTER_OTLP_HEADERS", "a=b", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "c=d", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "3",
		}, read{"t:2", "insecure", map[string]string{"c": "d"}, false, 2 * time.Millisecond}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if faults := ExporterFaults(telemetrytest.Reader(tc.vars...)); len(faults) > 0 {
				t.Fatal(faults)
			}
			s, err := signalOf(telemetrytest.Reader(tc.vars...), "TRACES_", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if tc.want.Headers == nil {
				tc.want.Headers = map[string]string{}
			}
			if diff := cmp.Diff(tc.want, read{s.target, s.secure.Info().SecurityProtocol, s.headers, s.gzip, s.timeout}); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// heard is what a collector saw of the calls.
type heard struct {
	stats.Handler
	mu  sync.Mutex
	all []string // signal, compression, headers
}

func (h *heard) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (h *heard) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (h *heard) HandleConn(context.Context, stats.ConnStats) {}

func (h *heard) HandleRPC(_ context.Context, s stats.RPCStats) {
	in, ok := s.(*stats.InHeader)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, strings.Join([]string{
		in.FullMethod[strings.LastIndex(in.FullMethod, ".")+1:], in.Compression,
		strings.Join(in.Header.Get("mine"), " "), strings.Join(in.Header.Get("process"), " "),
	}, ", "))
}

// What the process's own environment says, and the SDK reads, changes nothing of what
// was read.
func TestExporterIgnoresProcess(t *testing.T) {
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "process=x", "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
		"OTEL_EXPORTER_OTLP_COMPRESSION": "none", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/none", "OTEL_EXPORTER_OTLP_INSECURE": "false",
		"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta", "OTEL_RESOURCE_ATTRIBUTES": "process=%ff",
	} {
		t.Setenv(name, value)
	}
	h, b := &heard{}, &telemetrytest.Backend{T: t, React: telemetrytest.TakeAll}
	server := grpc.NewServer(grpc.StatsHandler(h))
	coltracepb.RegisterTraceServiceServer(server, telemetrytest.TraceService{Backend: b})
	colmetricpb.RegisterMetricsServiceServer(server, telemetrytest.MetricsService{Backend: b})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(l) }) // it ends with Stop
	t.Cleanup(func() { server.Stop(); served.Wait() })
	ctx := context.Background()
	e, err := NewExporter(ctx, telemetrytest.Reader("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+l.Addr().String(), "OTEL_EXPORTER_OTLP_HEADERS", "mine=a", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "Mine=b",
		"OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP", "OTEL_EXPORTER_OTLP_PROTOCOL", "GRPC"), Patient())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(ctx) }) // nothing waits in it
	if _, err := e.SendSpans(ctx, nil); err != nil {
		t.Error(err)
	}
	if _, err := e.SendMetrics(ctx, &metricdata.ResourceMetrics{}); err != nil {
		t.Error(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if diff := cmp.Diff([]string{"TraceService/Export, gzip, b, ", "MetricsService/Export, gzip, a, "}, h.all); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// What tells runs and processes apart nobody says but us; the rest anybody may.
func TestResource(t *testing.T) {
	t.Parallel()
	ours := []attribute.KeyValue{attribute.String("service.name", "ours"), attribute.String("faas.name", "f")}
	for _, tc := range []struct {
		name string
		vars []string
		want string
	}{
		{"nothing set", nil, "faas.name=f,service.instance.id=me,service.name=ours"},
		{"attributes", []string{"OTEL_RESOURCE_ATTRIBUTES", "team = load%2Ctest, t%65am2=b,"}, `faas.name=f,service.instance.id=me,service.name=ours,team=load\,test,team2=b`},
		{"a service by both", []string{"OTEL_RESOURCE_ATTRIBUTES", "service.name=a", "OTEL_SERVICE_NAME", " b "}, "faas.name=f,service.instance.id=me,service.name=b"},
		{"identity", []string{"OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=a"}, "faas.name=f,service.instance.id=me,service.name=ours"},
		{"an entry can't be used", []string{"OTEL_RESOURCE_ATTRIBUTES", "team=load,broken", "OTEL_SERVICE_NAME", "b"}, "faas.name=f,service.instance.id=me,service.name=b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, Resource(telemetrytest.Reader(tc.vars...), ours, attribute.String("service.instance.id", "me")).String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// A collector may repeat a header in what it answers: nothing of that is told.
func TestAnswersWithHeader(t *testing.T) {
	t.Parallel()
	refuse := status.Error(codes.Unauthenticated, "no such key: geheim")
	b := telemetrytest.NewBackend(t, nil)
	b.DecidePoints = func(int, []*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error) {
		return nil, 0, refuse
	}
	getenv := telemetrytest.Reader("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+b.Address, "OTEL_EXPORTER_OTLP_HEADERS", "x-key=geheim", "OTEL_TRACES_EXPORTER", "none")
	for name, err := range map[string]error{
		"Send":  Send(t.Context(), getenv, &metricdata.ResourceMetrics{}),
		"Probe": Probe(t.Context(), getenv),
	} {
		if err == nil || !strings.Contains(err.Error(), "Unauthenticated") || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
