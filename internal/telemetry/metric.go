package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// metric describes one metric that a run emits.
type metric struct {
	name, unit string
	kind       metricKind
	by         emitter
	of         baseAttributes // of the Lambda's points
	label      attribute.Key  // one more attribute of the Lambda's points, whose value differs; may be empty
	// polled: the driver reads it at each collection instead of adding to it.
	polled      bool
	description string
	note        string // what docs/telemetry.md says besides; may be empty
}

// metricKind is the kind of a metric in OTLP's words.
type metricKind int

const (
	histogramKind metricKind = iota
	counterKind
	upDownKind
	gaugeKind
)

// String is the kind as docs/telemetry.md has it.
func (k metricKind) String() string {
	return [...]string{"histogram", "counter", "updowncounter", "gauge"}[k]
}

// emitter is a set of the processes that make a metric's points.
type emitter int

const (
	byLambda emitter = 1 << iota
	byDriver
	byCollector // otel-collector/config.yaml makes them
)

// baseAttributes names the attributes that all of the Lambda's points of a metric have.
type baseAttributes int

const (
	ofScenario  baseAttributes = iota // the scenario alone
	ofStatement                       // the scenario, and what a statement is sent to
	ofPool                            // the connection pool
)

// whole reports whether the values of a metric are whole numbers. Seconds aren't.
func (m *metric) whole() bool { return m.unit != "s" }

// empty is a counter or histogram of the Lambda without a point.
func (m *metric) empty() *metricpb.Metric {
	out := &metricpb.Metric{Name: m.name, Unit: m.unit, Description: m.description}
	const delta = metricpb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
	if m.kind == histogramKind {
		out.Data = &metricpb.Metric_ExponentialHistogram{ExponentialHistogram: &metricpb.ExponentialHistogram{AggregationTemporality: delta}}
		return out
	}
	out.Data = &metricpb.Metric_Sum{Sum: &metricpb.Sum{AggregationTemporality: delta, IsMonotonic: m.kind == counterKind}}
	return out
}

// kindOf is the kind of a counter or histogram.
func kindOf(m *metricpb.Metric) metricKind {
	switch {
	case m.GetSum() == nil:
		return histogramKind
	case m.GetSum().GetIsMonotonic():
		return counterKind
	}
	return upDownKind
}

// withoutPoints is a metric's description alone.
func withoutPoints(m *metricpb.Metric) *metricpb.Metric {
	d := metric{name: m.GetName(), unit: m.GetUnit(), description: m.GetDescription(), kind: kindOf(m)}
	return d.empty()
}
