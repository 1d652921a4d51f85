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

// exportTimeout bounds an export of spans. The specification's 10 s, which points
// have, give up batches that a busy backend was about to take.
const (
	exportTimeout = 2 * time.Minute
	pointsTimeout = 10 * time.Second
)

// patient are the driver's time-outs.
func Patient() Timeouts { return Timeouts{Traces: exportTimeout, Metrics: pointsTimeout} }

// probeTime is what the collector has to answer a probe.
const probeTime = 2 * time.Second

// exporter sends to a collector. The standard OTEL_EXPORTER_OTLP_* variables
// say where and how.
type Exporter struct {
	traces      otlptrace.Client   // nil when OTEL_TRACES_EXPORTER is none
	metrics     sdkmetric.Exporter // nil when OTEL_METRICS_EXPORTER is none
	connections []*grpc.ClientConn
	Patience    time.Duration // for one export: the longer of both signals'
}

// timeouts bound one export each, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise.
type Timeouts struct{ Traces, Metrics time.Duration }

// answer is what the collector said to one export.
type Answer struct {
	done     bool  // it took the export, but for what it rejected
	rejected int64 // spans or points
	Code     codes.Code
}

type answerKey struct{}

// newExporter connects when it is first used.
func NewExporter(ctx context.Context, getenv func(string) string, t Timeouts) (_ *Exporter, err error) {
	quieten()
	if err := errors.Join(ExporterFaults(getenv)...); err != nil {
		return nil, err
	}
	e := &Exporter{}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close(ctx))
		}
	}()
	on := Exported(getenv)
	if on.Traces {
		if err := e.openTraces(ctx, getenv, t.Traces); err != nil {
			return nil, fmt.Errorf("OTLP traces: %w", err)
		}
	}
	if on.Metrics {
		if err := e.openMetrics(ctx, getenv, t.Metrics); err != nil {
			return nil, fmt.Errorf("OTLP metrics: %w", err)
		}
	}
	return e, nil
}

func (e *Exporter) openTraces(ctx context.Context, getenv func(string) string, timeout time.Duration) error {
	s, c, err := e.open(getenv, "TRACES_", timeout)
	if err != nil {
		return err
	}
	e.traces = otlptracegrpc.NewClient(otlptracegrpc.WithGRPCConn(c), otlptracegrpc.WithHeaders(s.headers),
		otlptracegrpc.WithTimeout(s.timeout), otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{}))
	return e.traces.Start(ctx)
}

func (e *Exporter) openMetrics(ctx context.Context, getenv func(string) string, timeout time.Duration) error {
	s, c, err := e.open(getenv, "METRICS_", timeout)
	if err != nil {
		return err
	}
	metrics, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithGRPCConn(c), otlpmetricgrpc.WithHeaders(s.headers),
		otlpmetricgrpc.WithTimeout(s.timeout), otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig{}))
	if err == nil {
		e.metrics = metrics
	}
	return err
}

// open reads a signal's settings and makes its connection, which close ends.
func (e *Exporter) open(getenv func(string) string, name string, timeout time.Duration) (signal, *grpc.ClientConn, error) {
	s, err := signalOf(getenv, name, timeout)
	if err != nil {
		return s, nil, err
	}
	c, err := s.connect()
	if err != nil {
		return s, nil, err
	}
	e.connections = append(e.connections, c)
	e.Patience = max(e.Patience, s.timeout)
	return s, c, nil
}

// listen notes what the collector answered: the clients tell neither how many
// spans or points were rejected, nor whether the rest was taken.
func listen(ctx context.Context, method string, request, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	err := invoke(ctx, method, request, reply, c, options...)
	a, _ := ctx.Value(answerKey{}).(*Answer)
	if a == nil {
		return err
	}
	a.done, a.Code = err == nil, status.Code(err)
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
func (e *Exporter) SendSpans(ctx context.Context, messages [][]byte) (Answer, error) {
	request := make([]*tracepb.ResourceSpans, len(messages))
	for i, m := range messages {
		request[i] = &tracepb.ResourceSpans{}
		request[i].ProtoReflect().SetUnknown(m)
	}
	var a Answer
	err := e.traces.UploadTraces(context.WithValue(ctx, answerKey{}, &a), request)
	return a.judged(err)
}

func (e *Exporter) SendMetrics(ctx context.Context, m *metricdata.ResourceMetrics) (Answer, error) {
	var a Answer
	err := e.metrics.Export(context.WithValue(ctx, answerKey{}, &a), m)
	return a.judged(err)
}

// judged drops the error of an export that was taken but for some of it.
func (a Answer) judged(err error) (Answer, error) {
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
func (a Answer) Refusals(sent int64) int64 {
	if a.rejected < 0 || a.rejected > sent {
		return sent
	}
	return a.rejected
}

// unsure reports whether the collector may have taken a failed export all the same:
// Internal may also be the connection's own error.
func (a Answer) Unsure() bool { return !a.Final() || a.Code == codes.Internal }

// final reports whether an export that failed so must not be tried again
// (OTLP specification, "Failures").
func (a Answer) Final() bool {
	switch a.Code {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.Unauthenticated,
		codes.FailedPrecondition, codes.Unimplemented, codes.Internal:
		return true
	}
	return false
}

// probe asks whether anybody takes telemetry, by an export of nothing. It decides
// for the whole run, so a collector that is silent, a busy one perhaps, is asked
// twice; an answer, as a refused connection is, stands.
func (e *Exporter) Probe(ctx context.Context) error {
	err := e.ask(ctx)
	if status.Code(err) == codes.DeadlineExceeded && ctx.Err() == nil {
		err = e.ask(ctx)
	}
	return err
}

func (e *Exporter) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if e.traces == nil {
		_, err := e.SendMetrics(ctx, &metricdata.ResourceMetrics{})
		return err
	}
	_, err := e.SendSpans(ctx, nil)
	return err
}

func (e *Exporter) Close(ctx context.Context) (err error) {
	if e.traces != nil {
		err = e.traces.Stop(ctx)
	}
	if e.metrics != nil {
		err = errors.Join(err, e.metrics.Shutdown(ctx))
	}
	for _, c := range e.connections {
		err = errors.Join(err, c.Close())
	}
	return err
}

// atMost is how many of rows are on n statements of each rows, at most.
func AtMost(rows, n, each int64) int64 {
	if each == 0 || n > rows/each {
		return rows
	}
	return n * each
}
