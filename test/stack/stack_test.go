package stack

import (
	"context"
	"fmt"
	"math"
	"os/exec"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"dsql-load-test/internal/eventually"
)

func TestBuild(t *testing.T) {
	b, err := Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{b.Collector, b.Prometheus, b.Jaeger} {
		if out, err := exec.Command(path, "--help").CombinedOutput(); err != nil {
			t.Errorf("%s --help: %v\n%s", path, err, out)
		}
	}
	start := time.Now()
	again, err := Build(t.Context())
	if err != nil || again != b {
		t.Errorf("second build: %+v, %v; want %+v", again, err, b)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("second build took %v; want nothing to be compiled", took)
	}
}

// TestStack's parts share a stack. Each part uses another run id.
func TestStack(t *testing.T) {
	s := Start(t)
	t.Run("spans", s.testSpans)
	t.Run("counts", s.testCounts)
	t.Run("metrics", s.testMetrics)
	t.Run("backdated", s.testBackdated)
	t.Run("CloudWatch", s.testCloudWatch)
	t.Run("scrapes", s.testScrapes)
	t.Run("collector fails", s.testFailures)
}

func (s *Stack) testScrapes(t *testing.T) {
	eventually.Nil(t, func() error {
		up, err := s.Prom(t.Context(), "up == 1", time.Now())
		if err != nil || len(up) != 3 {
			return fmt.Errorf("up targets: %v, %v; want 3", up, err)
		}
		sent, err := s.Prom(t.Context(), `sum({__name__=~"otelcol_exporter_sent_spans(_total)?"})`, time.Now())
		if err != nil || len(sent) != 1 || sent[0].Value < traces*spansEach {
			return fmt.Errorf("spans that the collector says it sent: %v, %v; want %d", sent, err, traces*spansEach)
		}
		return nil
	})
}

// tracerProvider sends the spans of a run when it is flushed.
func (s *Stack) tracerProvider(t *testing.T, run string) *sdktrace.TracerProvider {
	t.Helper()
	exporter, err := otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpoint(s.OTLPEndpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter, sdktrace.WithBlocking(), sdktrace.WithExportTimeout(time.Minute)),
		sdktrace.WithResource(runResource(run)))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = provider.Shutdown(ctx) // what is still in it was sent to a failing collector
	})
	return provider
}

func runResource(run string) *resource.Resource {
	return resource.NewSchemaless(attribute.String("service.name", "stack-test"), attribute.String("dsqlload.run.id", run))
}

func equal(got, want map[string]int) error {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("got %v; want %v", got, want)
	}
	return nil
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*math.Abs(want) }
