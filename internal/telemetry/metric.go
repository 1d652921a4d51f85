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
	Of         baseAttributes // of the function's points
	Label      attribute.Key  // one more attribute of the function's points; may be empty
	// Polled is true if the driver reads the value at each collection instead of adding to it.
	Polled      bool
	Description string
	note        string // follows Description in docs/telemetry.md; may be empty
}

// metricKind is the type of a metric.
type metricKind int

// The kinds of metrics, with OTLP's names.
const (
	HistogramKind metricKind = iota
	CounterKind
	UpDownKind
	GaugeKind
)

// String returns the name of the kind in docs/telemetry.md.
func (k metricKind) String() string {
	return [...]string{"histogram", "counter", "updowncounter", "gauge"}[k]
}

// emitter is a set of the processes that make a metric's points.
type emitter int

// The emitters.
const (
	ByLambda emitter = 1 << iota
	ByDriver
	byCollector // otel-collector/config.yaml makes them
)

// String returns the names of the emitters in docs/telemetry.md.
func (e emitter) String() string {
	var all []string
	for n, name := range []string{"Lambda", "driver", "collector"} {
		if e&(1<<n) != 0 {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

// baseAttributes names the set of attributes that all points of a function's metric have.
type baseAttributes int

// The sets of base attributes.
const (
	OfScenario  baseAttributes = iota // the scenario alone
	OfStatement                       // the scenario and the target of a statement
	OfPool                            // the connection pool
)

// Whole reports whether the values of the metric are whole numbers. Seconds aren't.
func (m *Metric) Whole() bool { return m.Unit != "s" }

// Empty returns a counter or histogram of the function without points.
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
