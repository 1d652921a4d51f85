package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/semconv/v1.43.0"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

const (
	// ServiceName is the service.name of the metrics, which is the job in Prometheus.
	ServiceName = "dsql-load-test-cloudwatch"
	namePrefix  = "dsqlload.cloudwatch."
	keyStat     = attribute.Key("dsqlload.statistic")

	// oldest is the greatest age of a point that is sent. Prometheus refuses points of a new
	// series that are older than an hour.
	oldest = 55 * time.Minute
)

// Sent says how many points of a record were sent.
type Sent struct {
	Points   int    `json:"points"`  // that the collector took
	TooOld   int    `json:"too_old"` // left out, because Prometheus would refuse them
	Endpoint string `json:"endpoint"`
}

func (s Sent) String() string {
	text := fmt.Sprintf("%d points sent to the collector at %s", s.Points, s.Endpoint)
	if s.TooOld > 0 {
		text += fmt.Sprintf("; %d are older than Prometheus takes (an hour) and were left out", s.TooOld)
	}
	return text
}

var errIncomplete = errors.New("CloudWatch's metrics may still change, and Prometheus accepts a point only once: they will be sent when they are complete")

// Send sends a record's CloudWatch metrics to the collector of the standard OTEL_EXPORTER_OTLP_*
// variables, as gauges with their original times.
func Send(ctx context.Context, getenv func(string) string, r *bench.Record, now time.Time) (Sent, error) {
	s := Sent{Endpoint: endpoint(getenv)}
	switch c := r.CloudWatch; {
	case c == nil:
		return s, errors.New("the results have no CloudWatch metrics")
	case !c.Complete:
		return s, errIncomplete
	}
	if err := errors.Join(telemetry.CheckVariables(getenv)...); err != nil {
		return s, err
	}
	message := s.message(getenv, r, now)
	if s.Points == 0 {
		return s, nil
	}
	if err := telemetry.Send(ctx, getenv, message); err != nil {
		return Sent{Endpoint: s.Endpoint}, fmt.Errorf("the collector at %s didn't take CloudWatch's metrics: %w", s.Endpoint, err)
	}
	return s, nil
}

// endpoint returns the address of the collector for metrics, without a password.
func endpoint(getenv func(string) string) string {
	return telemetry.Endpoint(func(name string) string {
		return getenv(strings.Replace(name, "_TRACES_", "_METRICS_", 1))
	})
}

// message makes the export and counts its points.
func (s *Sent) message(getenv func(string) string, r *bench.Record, now time.Time) *metricdata.ResourceMetrics {
	of := telemetry.Resource(getenv, []attribute.KeyValue{
		semconv.ServiceName(ServiceName), semconv.ServiceVersion(telemetry.Version()), semconv.CloudRegion(r.Run.Config.Region),
	}, semconv.ServiceInstanceID(r.Run.ID), telemetry.KeyRunID.String(r.Run.ID))
	scope := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: telemetry.ScopeName, Version: telemetry.Version()}}
	for _, m := range metrics() {
		gauge := metricdata.Gauge[float64]{}
		for _, f := range r.CloudWatch.Metrics {
			if f.Namespace != m.namespace || f.Name != m.name || !f.Shown() {
				continue
			}
			attributes := attribute.NewSet(keyStat.String(strings.ToLower(f.Statistic)))
			for _, p := range f.Points {
				if now.Sub(p.At) > oldest {
					s.TooOld++
					continue
				}
				gauge.DataPoints = append(gauge.DataPoints, metricdata.DataPoint[float64]{Attributes: attributes, Time: p.At, Value: p.Value * m.scale})
				s.Points++
			}
		}
		if len(gauge.DataPoints) > 0 {
			scope.Metrics = append(scope.Metrics, metricdata.Metrics{Name: namePrefix + m.otel, Unit: m.otelUnit, Description: m.description, Data: gauge})
		}
	}
	return &metricdata.ResourceMetrics{Resource: of, ScopeMetrics: []metricdata.ScopeMetrics{scope}}
}
