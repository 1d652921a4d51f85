package telemetry

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// Metric describes one metric that a run emits.
type Metric struct {
	Name, Unit string
	Kind       metricKind
	By         emitter
	Of         baseAttributes // of the Lambda's points
	Label      attribute.Key  // one more attribute of the Lambda's points, whose value differs; may be empty
	// Polled: the driver reads it at each collection instead of adding to it.
	Polled      bool
	Description string
	note        string // what docs/telemetry.md says besides; may be empty
}

// metricKind is the kind of a metric in OTLP's words.
type metricKind int

const (
	HistogramKind metricKind = iota
	CounterKind
	UpDownKind
	GaugeKind
)

// String is the kind as docs/telemetry.md has it.
func (k metricKind) String() string {
	return [...]string{"histogram", "counter", "updowncounter", "gauge"}[k]
}

// emitter is a set of the processes that make a metric's points.
type emitter int

const (
	ByLambda emitter = 1 << iota
	ByDriver
	byCollector // otel-collector/config.yaml makes them
)

// String names the emitters as docs/telemetry.md has them.
func (e emitter) String() string {
	var all []string
	for n, name := range []string{"Lambda", "driver", "collector"} {
		if e&(1<<n) != 0 {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

// baseAttributes names the attributes that all of the Lambda's points of a metric have.
type baseAttributes int

const (
	OfScenario  baseAttributes = iota // the scenario alone
	OfStatement                       // the scenario, and what a statement is sent to
	OfPool                            // the connection pool
)

// Whole reports whether the values of a metric are whole numbers. Seconds aren't.
func (m *Metric) Whole() bool { return m.Unit != "s" }

// Empty is a counter or histogram of the Lambda without a point.
func (m *Metric) Empty() *metricpb.Metric {
	out := &metricpb.Metric{Name: m.Name, Unit: m.Unit, Description: m.Description}
	const delta = metricpb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
	if m.Kind == HistogramKind {
		out.Data = &metricpb.Metric_ExponentialHistogram{ExponentialHistogram: &metricpb.ExponentialHistogram{AggregationTemporality: delta}}
		return out
	}
	out.Data = &metricpb.Metric_Sum{Sum: &metricpb.Sum{AggregationTemporality: delta, IsMonotonic: m.Kind == CounterKind}}
	return out
}
