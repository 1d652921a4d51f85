package telemetry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	colmetricpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// DefaultEndpoint is where a collector on this machine listens.
const DefaultEndpoint = "localhost:4317"

// exportTimeout bounds one export unless OTEL_EXPORTER_OTLP_TIMEOUT says
// otherwise. The SDK's 10 s gives up batches that a busy backend was about to take.
const exportTimeout = 2 * time.Minute

// probeTime is what the collector has to answer a probe.
const probeTime = 2 * time.Second

// exporter sends to a collector. The standard OTEL_EXPORTER_OTLP_* variables
// say where and how.
type exporter struct {
	traces  otlptrace.Client   // nil when OTEL_TRACES_EXPORTER is none
	metrics sdkmetric.Exporter // nil when OTEL_METRICS_EXPORTER is none
}

// answer is what the collector said to one export.
type answer struct {
	done     bool  // it took the export, but for what it rejected
	rejected int64 // spans or points
	code     codes.Code
}

type answerKey struct{}

// newExporter connects when it is first used.
func newExporter(ctx context.Context, getenv func(string) string) (*exporter, error) {
	if err := errors.Join(exporterFaults(getenv)...); err != nil {
		return nil, err
	}
	e := &exporter{}
	on := Exported(getenv)
	if on.Traces {
		e.traces = otlptracegrpc.NewClient(traceOptions(getenv)...)
		if err := e.traces.Start(ctx); err != nil {
			return nil, fmt.Errorf("OTLP traces: %w", err)
		}
	}
	if on.Metrics {
		var err error
		if e.metrics, err = otlpmetricgrpc.New(ctx, metricOptions(getenv)...); err != nil {
			return nil, errors.Join(fmt.Errorf("OTLP metrics: %w", err), e.close(ctx))
		}
	}
	return e, nil
}

func traceOptions(getenv func(string) string) []otlptracegrpc.Option {
	options := []otlptracegrpc.Option{
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{}), otlptracegrpc.WithDialOption(grpc.WithUnaryInterceptor(listen)),
	}
	if getenv("OTEL_EXPORTER_OTLP_TIMEOUT")+getenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") == "" {
		options = append(options, otlptracegrpc.WithTimeout(exportTimeout))
	}
	if getenv("OTEL_EXPORTER_OTLP_ENDPOINT")+getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		options = append(options, otlptracegrpc.WithEndpoint(DefaultEndpoint), otlptracegrpc.WithInsecure())
	}
	return options
}

func metricOptions(getenv func(string) string) []otlpmetricgrpc.Option {
	options := []otlpmetricgrpc.Option{
		otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig{}), otlpmetricgrpc.WithDialOption(grpc.WithUnaryInterceptor(listen)),
	}
	if getenv("OTEL_EXPORTER_OTLP_ENDPOINT")+getenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") == "" {
		options = append(options, otlpmetricgrpc.WithEndpoint(DefaultEndpoint), otlpmetricgrpc.WithInsecure())
	}
	return options
}

// listen notes what the collector answered: the clients tell neither how many
// spans or points were rejected, nor whether the rest was taken.
func listen(ctx context.Context, method string, request, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	err := invoke(ctx, method, request, reply, c, options...)
	a, _ := ctx.Value(answerKey{}).(*answer)
	if a == nil {
		return err
	}
	a.done, a.code = err == nil, status.Code(err)
	switch r := reply.(type) {
	case *coltracepb.ExportTraceServiceResponse:
		a.rejected = r.GetPartialSuccess().GetRejectedSpans()
	case *colmetricpb.ExportMetricsServiceResponse:
		a.rejected = r.GetPartialSuccess().GetRejectedDataPoints()
	}
	return err
}

// sendSpans exports messages, each an encoded ResourceSpans. They travel as
// unknown fields of empty ones, which protobuf hands on byte for byte.
func (e *exporter) sendSpans(ctx context.Context, messages [][]byte) (answer, error) {
	request := make([]*tracepb.ResourceSpans, len(messages))
	for i, m := range messages {
		request[i] = &tracepb.ResourceSpans{}
		request[i].ProtoReflect().SetUnknown(m)
	}
	var a answer
	err := e.traces.UploadTraces(context.WithValue(ctx, answerKey{}, &a), request)
	return a.judged(err)
}

func (e *exporter) sendMetrics(ctx context.Context, m *metricdata.ResourceMetrics) (answer, error) {
	var a answer
	err := e.metrics.Export(context.WithValue(ctx, answerKey{}, &a), m)
	return a.judged(err)
}

// judged drops the error of an export that was taken but for some of it.
func (a answer) judged(err error) (answer, error) {
	if a.done {
		return a, nil
	}
	if err == nil {
		err = errors.New("the export ended without an answer")
	}
	return a, err
}

// refusals is how many of the spans or points sent the collector refused. A number
// that can't be says nothing of them, so all count as refused.
func (a answer) refusals(sent int64) int64 {
	if a.rejected < 0 || a.rejected > sent {
		return sent
	}
	return a.rejected
}

// unsure reports whether the collector may have taken a failed export all the same:
// Internal may also be the connection's own error.
func (a answer) unsure() bool { return !a.final() || a.code == codes.Internal }

// final reports whether an export that failed so must not be tried again
// (OTLP specification, "Failures").
func (a answer) final() bool {
	switch a.code {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.Unauthenticated,
		codes.FailedPrecondition, codes.Unimplemented, codes.Internal:
		return true
	}
	return false
}

// probe asks whether anybody takes telemetry, by an export of nothing. It decides
// for the whole run, so a collector that is silent, a busy one perhaps, is asked
// twice; an answer, as a refused connection is, stands.
func (e *exporter) probe(ctx context.Context) error {
	err := e.ask(ctx)
	if status.Code(err) == codes.DeadlineExceeded && ctx.Err() == nil {
		err = e.ask(ctx)
	}
	return err
}

func (e *exporter) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if e.traces == nil {
		_, err := e.sendMetrics(ctx, &metricdata.ResourceMetrics{})
		return err
	}
	_, err := e.sendSpans(ctx, nil)
	return err
}

func (e *exporter) close(ctx context.Context) (err error) {
	if e.traces != nil {
		err = e.traces.Stop(ctx)
	}
	if e.metrics != nil {
		err = errors.Join(err, e.metrics.Shutdown(ctx))
	}
	return err
}
