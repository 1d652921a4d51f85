package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"dsql-load-test/internal/bench"
)

// metric is one of the metrics that a Lambda emits.
type metric int

// The metrics; Instruments.definitions describes them in this order.
const (
	operationDuration metric = iota
	phaseDuration
	rowsWritten
	attemptsMade
	connectionCreate
	connectionWait
	connectionsOpen
	invokeDuration
	coldStarts
)

// definition describes one metric. Each of its series has the metric's
// attributes and, where label is set, one more.
type definition struct {
	name, unit, description string
	kind                    metricKind
	label                   attribute.Key
	attributes              []*commonpb.KeyValue
}

type metricKind int

const (
	histogramKind metricKind = iota
	counterKind
	upDownKind
)

// Instruments is all that a Lambda observes with for one scenario, with the
// attributes that never change made beforehand. It is built once and safe for
// concurrent use.
type Instruments struct {
	scenario    string
	definitions []definition
	statement   []byte // encoded attributes of a statement's span
	phases      map[bench.Phase][]byte
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
	i := &Instruments{scenario: scenario, phases: map[bench.Phase][]byte{}}
	i.statement = appendAttributes(nil, append(operation,
		semconv.DBQueryText(query), keyRows.Int(inv.RowsPerStatement())))
	for _, p := range bench.Phases() {
		i.phases[p] = phaseAttributes(string(p))
	}
	only, pool := keyValues(keyScenario.String(scenario)), keyValues(keyPool.String(db.PoolName))
	i.definitions = []definition{
		operationDuration: {"db.client.operation.duration", "s", "Duration of a statement with all its attempts.", histogramKind, keyErrorType, keyValues(operation...)},
		phaseDuration:     {"dsqlload.phase.duration", "s", "Duration of a phase of a statement.", histogramKind, keyPhase, only},
		rowsWritten:       {"dsqlload.rows", "{row}", "Rows by what became of them.", counterKind, keyOutcome, only},
		attemptsMade:      {"dsqlload.attempts", "{attempt}", "Attempts of statements.", counterKind, keyErrorType, only},
		connectionCreate:  {"db.client.connection.create_time", "s", "Time it took to open a connection.", histogramKind, "", pool},
		connectionWait:    {"db.client.connection.wait_time", "s", "Time it took to get a connection from the pool.", histogramKind, "", pool},
		connectionsOpen:   {"dsqlload.connections", "{connection}", "Connections open.", upDownKind, "", pool},
		invokeDuration:    {"faas.invoke_duration", "s", "Duration of the handler.", histogramKind, "", only},
		coldStarts:        {"faas.coldstarts", "{coldstart}", "First invocations of an environment.", counterKind, "", only},
	}
	return i
}

// definitionsByName are the metrics that a Lambda emits.
func definitionsByName() map[string]definition {
	all := map[string]definition{}
	for _, d := range newInstruments(Database{}, bench.Invocation{}, "").definitions {
		all[d.name] = d
	}
	return all
}

// ScenarioOf is the value of dsqlload.scenario.
func ScenarioOf(s bench.Scenario, warmUp bool) string {
	if warmUp {
		return WarmUp
	}
	return string(s)
}

// keyValues are attributes in OTLP's form.
func keyValues(kvs ...attribute.KeyValue) []*commonpb.KeyValue {
	out := make([]*commonpb.KeyValue, len(kvs))
	for i, kv := range kvs {
		value := &commonpb.AnyValue{}
		switch kv.Value.Type() {
		case attribute.STRING:
			value.Value = &commonpb.AnyValue_StringValue{StringValue: kv.Value.AsString()}
		case attribute.BOOL:
			value.Value = &commonpb.AnyValue_BoolValue{BoolValue: kv.Value.AsBool()}
		default:
			value.Value = &commonpb.AnyValue_IntValue{IntValue: kv.Value.AsInt64()}
		}
		out[i] = &commonpb.KeyValue{Key: string(kv.Key), Value: value}
	}
	return out
}

// phaseAttributes are the encoded attributes of a phase's span.
func phaseAttributes(name string) []byte {
	return appendAttributes(nil, []attribute.KeyValue{keyPhase.String(name)})
}

// exemplar is one measurement that stands for others near it.
type exemplar struct {
	value float64
	nanos int64 // since 1970
	trace trace.TraceID
	span  trace.SpanID
}
