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
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Timeouts limit one export each, unless OTEL_EXPORTER_OTLP_TIMEOUT is set.
type Timeouts struct{ Traces, Metrics time.Duration }

// Patient returns the driver's time-outs. Points have the specification's 10 s. Spans have more,
// because a busy backend may need longer for a large batch.
func Patient() Timeouts { return Timeouts{Traces: 2 * time.Minute, Metrics: 10 * time.Second} }

// probeTime is how long the collector may take to answer a probe.
const probeTime = 2 * time.Second

// Exporter sends to a collector. The standard OTEL_EXPORTER_OTLP_* variables configure it.
type Exporter struct {
	traces      otlptrace.Client   // nil if OTEL_TRACES_EXPORTER is none
	metrics     sdkmetric.Exporter // nil if OTEL_METRICS_EXPORTER is none
	connections []*grpc.ClientConn
	Patience    time.Duration // the longer of the time-outs of both signals
}

// NewExporter returns an Exporter, which connects when it is first used.
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

// open reads the settings of a signal and makes its connection, which Close ends.
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

// SendSpans exports messages, each an encoded ResourceSpans. Each becomes the unknown fields of
// an empty ResourceSpans, because protobuf copies unknown fields byte for byte.
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

// SendMetrics exports points.
func (e *Exporter) SendMetrics(ctx context.Context, m *metricdata.ResourceMetrics) (Answer, error) {
	var a Answer
	err := e.metrics.Export(context.WithValue(ctx, answerKey{}, &a), m)
	return a.judged(err)
}

// Probe sends an empty export to find out whether the collector answers. The result decides for
// the whole run, so it tries again after a time-out: the collector may be busy.
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

// Close ends the connections.
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
