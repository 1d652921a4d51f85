package telemetry

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Send exports metrics once to the collector of the standard OTEL_ variables, or the one at
// defaultEndpoint. An error of the export contains only the status code, because the
// collector's text may repeat a header.
func Send(ctx context.Context, getenv func(string) string, m *metricdata.ResourceMetrics) (err error) {
	e, err := NewExporter(ctx, getenv, Patient())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close(context.WithoutCancel(ctx))) }()
	if e.metrics == nil {
		return errors.New(MetricsVariable + " is none")
	}
	if _, err := e.SendMetrics(ctx, m); err != nil {
		return errors.New(status.Code(err).String())
	}
	return nil
}

// Probe sends an empty export to the collector of the standard OTEL_ variables, or the one at
// defaultEndpoint. The error says why it failed.
func Probe(ctx context.Context, getenv func(string) string) (err error) {
	e, err := NewExporter(ctx, getenv, Patient())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close(context.WithoutCancel(ctx))) }()
	if err := e.Probe(ctx); err != nil {
		return Absent(Endpoint(getenv), err)
	}
	return nil
}

// Absent returns the error that a user sees after a probe of endpoint failed with err.
func Absent(endpoint string, err error) error {
	if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded {
		return fmt.Errorf("the collector at %s takes no telemetry (%s)", endpoint, code)
	}
	return fmt.Errorf("no collector answers at %s (%s)", endpoint, status.Code(err))
}
