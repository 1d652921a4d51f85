// Package capture is the function's side of telemetry: it makes spans and metrics of
// statements and invocations, and packs them for the response or exports them itself.
//
// A Lambda belongs to an execution environment and lasts as long; an Invocation observes
// one invocation. The worker hands each statement to it once, as a value, when it has
// ended.
package capture

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/semconv/v1.43.0"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// Lambda is what an execution environment observes with, across invocations. It
// is safe for concurrent use.
type Lambda struct {
	database Database
	function string
	version  string
	resource *resource.Resource
	packer   *telemetry.Compressor
	direct   *direct           // nil when the function has no endpoint of its own
	off      telemetry.Signals // those that no exporter takes
	now      func() time.Time

	mu          sync.Mutex
	instruments map[instrumentsKey]*Instruments
	connections recorder // of the pool, for the next invocation that ends
	open        int64    // connections now
	run         string   // that connections tells of
}

type instrumentsKey struct {
	scenario string
	rows     int
}

// NewLambda prepares an environment that writes to db. getenv reads the
// function's variables; environment is its id. It works without what the
// variables say that CheckVariables finds faults with.
func NewLambda(ctx context.Context, getenv func(string) string, environment string, db Database) (*Lambda, error) {
	if telemetry.Disabled(getenv) != "" {
		return nil, nil
	}
	l := &Lambda{database: db, function: getenv("AWS_LAMBDA_FUNCTION_NAME"), version: telemetry.Version(), off: telemetry.Exported(getenv).Others(), now: time.Now, instruments: map[instrumentsKey]*Instruments{}}
	var err error
	if l.packer, err = telemetry.NewCompressor(); err != nil {
		return nil, err
	}
	l.resource = lambdaResource(getenv, environment, l.version)
	if telemetry.Trimmed(getenv("OTEL_EXPORTER_OTLP_ENDPOINT")) == "" || len(telemetry.ExporterFaults(getenv)) > 0 {
		return l, nil
	}
	if l.direct, err = newDirect(ctx, getenv, l.resource, l.now); err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	return l, nil
}

func lambdaResource(getenv func(string) string, environment, version string) *resource.Resource {
	ours := []attribute.KeyValue{
		semconv.ServiceName(telemetry.LambdaService), semconv.ServiceVersion(version),
		semconv.FaaSName(getenv("AWS_LAMBDA_FUNCTION_NAME")), semconv.FaaSVersion(getenv("AWS_LAMBDA_FUNCTION_VERSION")),
	}
	if mb, err := strconv.Atoi(getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")); err == nil {
		ours = append(ours, semconv.FaaSMaxMemory(mb<<20))
	}
	if getenv("AWS_EXECUTION_ENV") != "" { // Lambda sets it, the local target doesn't
		ours = append(ours, semconv.CloudProviderAWS, semconv.CloudPlatformAWSLambda, semconv.CloudRegion(getenv("AWS_REGION")))
	}
	return telemetry.Resource(getenv, ours, semconv.ServiceInstanceID(environment), semconv.FaaSInstance(environment))
}

// Opened notes a new connection of the pool.
func (l *Lambda) Opened(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.connections.duration(now, series{metric: telemetry.ConnectionCreate}, took)
	l.connections.count(now, telemetry.ConnectionsOpen, "", 1)
	l.open++
}

// Closed notes a connection's end.
func (l *Lambda) Closed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.connections.count(l.now(), telemetry.ConnectionsOpen, "", -1)
	l.open--
}

// begin makes the connections tell of a run, to which those that are open come
// as they are.
func (l *Lambda) begin(run string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.run == run {
		return
	}
	first := l.run == ""
	l.run = run
	if first {
		return
	}
	l.connections.take()
	l.connections.count(l.now(), telemetry.ConnectionsOpen, "", l.open)
}

// takeConnections answers what happened to the pool since it was last asked.
func (l *Lambda) takeConnections() []*second {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connections.take()
}

// instrumentsOf are those of an invocation, built the first time.
func (l *Lambda) instrumentsOf(inv bench.Invocation, query string) *Instruments {
	key := instrumentsKey{telemetry.ScenarioOf(inv.Scenario, inv.WarmUp), inv.RowsPerStatement()}
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.instruments[key]
	if i == nil {
		i = newInstruments(l.database, inv, query)
		l.instruments[key] = i
	}
	return i
}

// mode is how the telemetry of an invocation goes; TelemetryOff for not at all.
func (l *Lambda) mode(r *bench.TelemetryRequest) bench.TelemetryMode {
	switch {
	case l == nil || r != nil && r.Mode == bench.TelemetryOff:
		return bench.TelemetryOff
	case r != nil && r.Mode == bench.TelemetryRelay:
		return bench.TelemetryRelay
	case l.direct != nil:
		return bench.TelemetryOTLP
	case r == nil || r.Mode == bench.TelemetryOTLP:
		return bench.TelemetryOff
	}
	return bench.TelemetryRelay
}
