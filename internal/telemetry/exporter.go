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

// exportTimeout bounds an export of spans. The specification's 10 s, which points
// have, give up batches that a busy backend was about to take.
const (
	exportTimeout = 2 * time.Minute
	pointsTimeout = 10 * time.Second
)

// Patient are the driver's time-outs.
func Patient() Timeouts { return Timeouts{Traces: exportTimeout, Metrics: pointsTimeout} }

// probeTime is what the collector has to answer a probe.
const probeTime = 2 * time.Second

// Exporter sends to a collector. The standard OTEL_EXPORTER_OTLP_* variables
// say where and how.
type Exporter struct {
	traces      otlptrace.Client   // nil when OTEL_TRACES_EXPORTER is none
	metrics     sdkmetric.Exporter // nil when OTEL_METRICS_EXPORTER is none
	connections []*grpc.ClientConn
	Patience    time.Duration // for one export: the longer of both signals'
}

// Timeouts bound one export each, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise.
type Timeouts struct{ Traces, Metrics time.Duration }

// NewExporter connects when it is first used.
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

// SendSpans exports messages, each an encoded ResourceSpans. They travel as
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

// Probe asks whether anybody takes telemetry, by an export of nothing. It decides
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
