package telemetry

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"dsql-load-test/internal/bench"
)

// Instruments is all that a Lambda observes with for one scenario, with the
// attributes that never change made beforehand. It is built once and safe for
// concurrent use.
type Instruments struct {
	scenario  string
	metrics   []metric // by metricID
	base      [][]*commonpb.KeyValue
	statement []byte // encoded attributes of a statement's span
	phases    map[bench.Phase][]byte
}

// Database is where statements go, as spans and metrics say it.
type Database struct {
	Host     string // or the folder of a Unix socket
	Port     int
	Name     string
	Schema   string
	Table    string
	PoolName string
}

// newInstruments prepares all for one scenario and one form of statement.
func newInstruments(db Database, inv bench.Invocation, query string) *Instruments {
	scenario := ScenarioOf(inv.Scenario, inv.WarmUp)
	operation := []attribute.KeyValue{
		semconv.DBSystemNamePostgreSQL,
		semconv.DBNamespace(db.Name + "|" + db.Schema),
		semconv.DBOperationName("INSERT"),
		semconv.DBCollectionName(db.Table),
		semconv.ServerAddress(db.Host),
		semconv.ServerPort(db.Port),
		keyScenario.String(scenario),
	}
	i := &Instruments{scenario: scenario, metrics: metrics(), phases: map[bench.Phase][]byte{}, base: [][]*commonpb.KeyValue{
		ofScenario: keyValues(keyScenario.String(scenario)), ofStatement: keyValues(operation...), ofPool: keyValues(keyPool.String(db.PoolName)),
	}}
	i.statement = appendAttributes(nil, append(operation,
		semconv.DBQueryText(query), keyRows.Int(inv.RowsPerStatement())))
	for _, p := range bench.Phases() {
		i.phases[p] = appendAttributes(nil, []attribute.KeyValue{keyPhase.String(string(p))})
	}
	return i
}

// encode makes delta points of seconds and returns how many there are.
func (i *Instruments) encode(seconds []*second) (metrics []*metricpb.Metric, points int64) {
	byMetric := make([]*metricpb.Metric, len(i.metrics))
	for _, sec := range seconds {
		for s, p := range sec.points {
			if byMetric[s.metric] == nil {
				byMetric[s.metric] = i.metrics[s.metric].empty()
				metrics = append(metrics, byMetric[s.metric])
			}
			i.append(byMetric[s.metric], sec.unix, s, p)
			points++
		}
	}
	return metrics, points
}

// append adds one series' second to m.
func (i *Instruments) append(m *metricpb.Metric, unix int64, s series, p *point) {
	d := &i.metrics[s.metric]
	attributes := slices.Clip(i.base[d.of])
	if d.label != "" && s.label != "" {
		attributes = append(attributes, keyValues(d.label.String(s.label))...)
	}
	if s.slow {
		attributes = append(attributes, keyValues(keySlow.Bool(true))...)
	}
	start, end := uint64(unix)*1e9, uint64(unix+1)*1e9
	if sum := m.GetSum(); sum != nil {
		sum.DataPoints = append(sum.DataPoints, &metricpb.NumberDataPoint{
			Attributes: attributes, StartTimeUnixNano: start, TimeUnixNano: end,
			Value: &metricpb.NumberDataPoint_AsInt{AsInt: p.sum},
		})
		return
	}
	point := p.encode()
	point.Attributes, point.StartTimeUnixNano, point.TimeUnixNano = attributes, start, end
	eh := m.GetExponentialHistogram()
	eh.DataPoints = append(eh.DataPoints, point)
}
