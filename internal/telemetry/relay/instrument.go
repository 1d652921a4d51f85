package relay

import (
	"context"
	"errors"

	otelmetric "go.opentelemetry.io/otel/metric"

	"dsql-load-test/internal/telemetry"
)

// instrumenting makes the SDK's instruments and keeps the errors of all. Numbers that
// are whole go to instruments of whole numbers.
type instrumenting struct {
	meter otelmetric.Meter
	err   error
}

// adder makes a counter or histogram.
func (i *instrumenting) adder(d *telemetry.Metric) func(context.Context, float64, otelmetric.MeasurementOption) {
	unit, description := otelmetric.WithUnit(d.Unit), otelmetric.WithDescription(d.Description)
	var err error
	defer func() { i.err = errors.Join(i.err, err) }()
	switch {
	case d.Kind == telemetry.HistogramKind && d.Whole():
		var h otelmetric.Int64Histogram
		h, err = i.meter.Int64Histogram(d.Name, unit, description)
		return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { h.Record(ctx, int64(v), at) }
	case d.Kind == telemetry.HistogramKind:
		var h otelmetric.Float64Histogram
		h, err = i.meter.Float64Histogram(d.Name, unit, description)
		return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { h.Record(ctx, v, at) }
	case d.Kind == telemetry.UpDownKind:
		var c otelmetric.Int64UpDownCounter
		c, err = i.meter.Int64UpDownCounter(d.Name, unit, description)
		return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { c.Add(ctx, int64(v), at) }
	case d.Whole():
		var c otelmetric.Int64Counter
		c, err = i.meter.Int64Counter(d.Name, unit, description)
		return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { c.Add(ctx, int64(v), at) }
	}
	c, err := i.meter.Float64Counter(d.Name, unit, description)
	return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { c.Add(ctx, v, at) }
}

// polled makes an instrument that is asked at each collection.
func (i *instrumenting) polled(d *telemetry.Metric) (otelmetric.Observable, func(otelmetric.Observer, float64, otelmetric.MeasurementOption)) {
	unit, description := otelmetric.WithUnit(d.Unit), otelmetric.WithDescription(d.Description)
	if !d.Whole() {
		var o otelmetric.Float64Observable
		var err error
		if d.Kind == telemetry.CounterKind {
			o, err = i.meter.Float64ObservableCounter(d.Name, unit, description)
		} else {
			o, err = i.meter.Float64ObservableGauge(d.Name, unit, description)
		}
		i.err = errors.Join(i.err, err)
		return o, func(to otelmetric.Observer, v float64, at otelmetric.MeasurementOption) { to.ObserveFloat64(o, v, at) }
	}
	var o otelmetric.Int64Observable
	var err error
	switch d.Kind {
	case telemetry.CounterKind:
		o, err = i.meter.Int64ObservableCounter(d.Name, unit, description)
	case telemetry.UpDownKind:
		o, err = i.meter.Int64ObservableUpDownCounter(d.Name, unit, description)
	default:
		o, err = i.meter.Int64ObservableGauge(d.Name, unit, description)
	}
	i.err = errors.Join(i.err, err)
	return o, func(to otelmetric.Observer, v float64, at otelmetric.MeasurementOption) {
		to.ObserveInt64(o, int64(v), at)
	}
}
