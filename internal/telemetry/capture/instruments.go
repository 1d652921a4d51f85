package capture

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// Instruments holds the metrics and the constant attributes of one scenario, encoded beforehand.
// It is safe for concurrent use.
type Instruments struct {
	scenario  string
	metrics   []telemetry.Metric // by metricID
	base      [][]*commonpb.KeyValue
	statement []byte // encoded attributes of a statement's span
	phases    map[bench.Phase][]byte
}

// Database is the target of the statements, for the attributes of spans and metrics.
type Database struct {
	Host     string // or the folder of a Unix socket
	Port     int
	Name     string
	Schema   string
	Table    string
	PoolName string
}

// newInstruments prepares one scenario with one form of statement.
func newInstruments(db Database, inv bench.Invocation, query string) *Instruments {
	scenario := telemetry.ScenarioOf(inv.Scenario, inv.WarmUp)
	operation := []attribute.KeyValue{
		semconv.DBSystemNamePostgreSQL,
		semconv.DBNamespace(db.Name + "|" + db.Schema),
		semconv.DBOperationName("INSERT"),
		semconv.DBCollectionName(db.Table),
		semconv.ServerAddress(db.Host),
		semconv.ServerPort(db.Port),
		telemetry.KeyScenario.String(scenario),
	}
	i := &Instruments{scenario: scenario, metrics: telemetry.Metrics(), phases: map[bench.Phase][]byte{}, base: [][]*commonpb.KeyValue{
		telemetry.OfScenario: telemetry.KeyValues(telemetry.KeyScenario.String(scenario)), telemetry.OfStatement: telemetry.KeyValues(operation...), telemetry.OfPool: telemetry.KeyValues(telemetry.KeyPool.String(db.PoolName)),
	}}
	i.statement = telemetry.AppendAttributes(nil, append(operation,
		semconv.DBQueryText(query), telemetry.KeyRows.Int(inv.RowsPerStatement())))
	for _, p := range bench.Phases() {
		i.phases[p] = telemetry.AppendAttributes(nil, []attribute.KeyValue{telemetry.KeyPhase.String(string(p))})
	}
	return i
}

// encode makes delta points of seconds. It returns their number too.
func (i *Instruments) encode(seconds []*second) (metrics []*metricpb.Metric, points int64) {
	byMetric := make([]*metricpb.Metric, len(i.metrics))
	for _, sec := range seconds {
		for n := range sec.points {
			p := &sec.points[n]
			if byMetric[p.metric] == nil {
				byMetric[p.metric] = i.metrics[p.metric].Empty()
				metrics = append(metrics, byMetric[p.metric])
			}
			i.append(byMetric[p.metric], sec.unix, p)
			points++
		}
	}
	return metrics, points
}

// append adds the point of a series in one second to m.
func (i *Instruments) append(m *metricpb.Metric, unix int64, p *point) {
	d := &i.metrics[p.metric]
	attributes := slices.Clip(i.base[d.Of])
	if d.Label != "" && p.label != "" {
		attributes = append(attributes, telemetry.KeyValues(d.Label.String(p.label))...)
	}
	if p.slow {
		attributes = append(attributes, telemetry.KeyValues(telemetry.KeySlow.Bool(true))...)
	}
	start, end := uint64(unix)*1e9, uint64(unix+1)*1e9
	if sum := m.GetSum(); sum != nil {
		sum.DataPoints = append(sum.DataPoints, &metricpb.NumberDataPoint{
			Attributes: attributes, StartTimeUnixNano: start, TimeUnixNano: end,
			Value: &metricpb.NumberDataPoint_AsInt{AsInt: p.Sum},
		})
		return
	}
	out := p.Encode()
	out.Attributes, out.StartTimeUnixNano, out.TimeUnixNano = attributes, start, end
	eh := m.GetExponentialHistogram()
	eh.DataPoints = append(eh.DataPoints, out)
}
