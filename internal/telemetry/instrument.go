package telemetry

import (
	"context"
	"errors"

	otelmetric "go.opentelemetry.io/otel/metric"
)

// instrumenting makes the SDK's instruments and keeps the errors of all. Numbers that
// are whole go to instruments of whole numbers.
type instrumenting struct {
	meter otelmetric.Meter
	err   error
}

// adder makes a counter or histogram.
func (i *instrumenting) adder(d *metric) func(context.Context, float64, otelmetric.MeasurementOption) {
	unit, description := otelmetric.WithUnit(d.unit), otelmetric.WithDescription(d.description)
	var err error
	defer func() { i.err = errors.Join(i.err, err) }()
	switch {
	case d.kind == histogramKind && d.whole():
		var h otelmetric.Int64Histogram
		h, err = i.meter.Int64Histogram(d.name, unit, description)
		return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { h.Record(ctx, int64(v), at) }
	case d.kind == histogramKind:
		var h otelmetric.Float64Histogram
		h, err = i.meter.Float64Histogram(d.name, unit, description)
		return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { h.Record(ctx, v, at) }
	case d.kind == upDownKind:
		var c otelmetric.Int64UpDownCounter
		c, err = i.meter.Int64UpDownCounter(d.name, unit, description)
		return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { c.Add(ctx, int64(v), at) }
	case d.whole():
		var c otelmetric.Int64Counter
		c, err = i.meter.Int64Counter(d.name, unit, description)
		return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { c.Add(ctx, int64(v), at) }
	}
	c, err := i.meter.Float64Counter(d.name, unit, description)
	return func(ctx context.Context, v float64, at otelmetric.MeasurementOption) { c.Add(ctx, v, at) }
}

// polled makes an instrument that is asked at each collection.
func (i *instrumenting) polled(d *metric) (otelmetric.Observable, func(otelmetric.Observer, float64, otelmetric.MeasurementOption)) {
	unit, description := otelmetric.WithUnit(d.unit), otelmetric.WithDescription(d.description)
	if !d.whole() {
		var o otelmetric.Float64Observable
		var err error
		if d.kind == counterKind {
			o, err = i.meter.Float64ObservableCounter(d.name, unit, description)
		} else {
			o, err = i.meter.Float64ObservableGauge(d.name, unit, description)
		}
		i.err = errors.Join(i.err, err)
		return o, func(to otelmetric.Observer, v float64, at otelmetric.MeasurementOption) { to.ObserveFloat64(o, v, at) }
	}
	var o otelmetric.Int64Observable
	var err error
	switch d.kind {
	case counterKind:
		o, err = i.meter.Int64ObservableCounter(d.name, unit, description)
	case upDownKind:
		o, err = i.meter.Int64ObservableUpDownCounter(d.name, unit, description)
	default:
		o, err = i.meter.Int64ObservableGauge(d.name, unit, description)
	}
	i.err = errors.Join(i.err, err)
	return o, func(to otelmetric.Observer, v float64, at otelmetric.MeasurementOption) {
		to.ObserveInt64(o, int64(v), at)
	}
}
