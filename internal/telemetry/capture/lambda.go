// Package capture is the function's side of telemetry. It makes spans and metrics of statements
// and invocations, and packs them into the response (post.go) or exports them itself (direct.go).
//
// A Lambda lasts as long as its execution environment. An Invocation observes one invocation:
// the worker passes each statement to Invocation.Statement, once, when it has ended. Read
// lambda.go, invocation.go and post.go in this order. recorder.go and instruments.go make the
// metrics.
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

// Lambda holds the telemetry of an execution environment across invocations. It is safe for
// concurrent use.
type Lambda struct {
	database Database
	function string
	version  string
	resource *resource.Resource
	packer   *telemetry.Compressor
	direct   *direct           // nil if the function has no collector of its own
	off      telemetry.Signals // the signals that aren't exported
	now      func() time.Time

	mu          sync.Mutex
	instruments map[instrumentsKey]*Instruments
	connections recorder // of the pool, for the next invocation that ends
	open        int64    // connections open now
	run         string   // to which connections belongs
}

type instrumentsKey struct {
	scenario string
	rows     int
}

// NewLambda prepares an execution environment with the id environment that writes to db. getenv
// reads the function's variables; faulty variables (telemetry.CheckVariables) are ignored. It
// returns nil if telemetry is disabled.
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

// Opened records a new connection of the pool, which took the given time to open.
func (l *Lambda) Opened(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.connections.duration(now, series{metric: telemetry.ConnectionCreate}, took)
	l.connections.count(now, telemetry.ConnectionsOpen, "", 1)
	l.open++
}

// Closed records the end of a connection.
func (l *Lambda) Closed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.connections.count(l.now(), telemetry.ConnectionsOpen, "", -1)
	l.open--
}

// begin assigns the connections to a run. Connections of the run before that are still open
// count for the new run.
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

// takeConnections returns what happened in the pool since the last call.
func (l *Lambda) takeConnections() []*second {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connections.take()
}

// instrumentsOf returns the instruments of an invocation. It makes them the first time.
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

// mode returns how the telemetry of an invocation is sent. Without a collector of its own, a
// function that is asked to export sends nothing.
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
