package relay

import (
	"context"

	otelmetric "go.opentelemetry.io/otel/metric"

	"dsql-load-test/internal/telemetry"
)

type (
	// addFunc adds v to a counter, or records it in a histogram.
	addFunc = func(ctx context.Context, v float64, attributes otelmetric.MeasurementOption)
	// observeFunc reports the present value of a polled metric.
	observeFunc = func(to otelmetric.Observer, v float64, attributes otelmetric.MeasurementOption)
)

// newAdder makes the SDK's counter or histogram for a metric. Metrics of whole numbers get
// an instrument of int64.
func newAdder(m otelmetric.Meter, d *telemetry.Metric) (addFunc, error) {
	unit, description := otelmetric.WithUnit(d.Unit), otelmetric.WithDescription(d.Description)
	switch {
	case d.Kind == telemetry.HistogramKind && d.Whole():
		return recording(m.Int64Histogram(d.Name, unit, description))
	case d.Kind == telemetry.HistogramKind:
		return recording(m.Float64Histogram(d.Name, unit, description))
	case d.Kind == telemetry.UpDownKind:
		return adding(m.Int64UpDownCounter(d.Name, unit, description))
	case d.Whole():
		return adding(m.Int64Counter(d.Name, unit, description))
	}
	return adding(m.Float64Counter(d.Name, unit, description))
}

func adding[N int64 | float64](c interface {
	Add(context.Context, N, ...otelmetric.AddOption)
}, err error,
) (addFunc, error) {
	return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { c.Add(ctx, N(v), at) }, err
}

func recording[N int64 | float64](h interface {
	Record(context.Context, N, ...otelmetric.RecordOption)
}, err error,
) (addFunc, error) {
	return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { h.Record(ctx, N(v), at) }, err
}

// newPolled makes an instrument whose value is read at each collection.
func newPolled(m otelmetric.Meter, d *telemetry.Metric) (otelmetric.Observable, observeFunc, error) {
	unit, description := otelmetric.WithUnit(d.Unit), otelmetric.WithDescription(d.Description)
	switch {
	case d.Kind == telemetry.UpDownKind:
		return observing(m.Int64ObservableUpDownCounter(d.Name, unit, description))
	case d.Kind == telemetry.CounterKind && d.Whole():
		return observing(m.Int64ObservableCounter(d.Name, unit, description))
	case d.Whole():
		return observing(m.Int64ObservableGauge(d.Name, unit, description))
	case d.Kind == telemetry.CounterKind:
		return observingSeconds(m.Float64ObservableCounter(d.Name, unit, description))
	}
	return observingSeconds(m.Float64ObservableGauge(d.Name, unit, description))
}

func observing(o otelmetric.Int64Observable, err error) (otelmetric.Observable, observeFunc, error) {
	return o, func(to otelmetric.Observer, v float64, at otelmetric.MeasurementOption) {
		to.ObserveInt64(o, int64(v), at)
	}, err
}

func observingSeconds(o otelmetric.Float64Observable, err error) (otelmetric.Observable, observeFunc, error) {
	return o, func(to otelmetric.Observer, v float64, at otelmetric.MeasurementOption) { to.ObserveFloat64(o, v, at) }, err
}
