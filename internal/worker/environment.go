package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/uuid"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/capture"
)

// Serve runs the function's execution environment: it gets invocations from the Runtime API and
// answers them until the process ends. getenv reads the function's environment variables. It
// logs to stderr. At a SIGTERM invocations stop and answer with their results so far. If the
// environment names no usable database, Serve answers every invocation with the faults.
func Serve(getenv func(string) string) {
	environment := cmp.Or(getenv("AWS_LAMBDA_LOG_STREAM_NAME"), uuid.NewString())
	log := NewLogger(os.Stderr, getenv)
	logOthers(log)
	db, observer, err := open(getenv, environment, log)
	if err != nil {
		log.Error("no database", "error", err)
		lambda.Start(handler(func(_ context.Context, payload json.RawMessage) (io.Reader, error) {
			asked, _ := ParseRequest(payload) // refused in any case
			return whole(Refusal(asked, err))
		}))
		return
	}
	ending, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	context.AfterFunc(ending, stop) // a second one ends the process
	lambda.Start(cutShort(ending, New(db, environment, observer, log).Respond))
}

// logOthers sends the log lines of libraries to log. One of them is the Lambda runtime, which
// reports a crash. The lines of GODEBUG=http2debug are dropped, because they hold headers.
func logOthers(log *slog.Logger) {
	stdlog.SetFlags(0)
	stdlog.SetOutput(quote.LogWriter(func(text string) {
		if !strings.HasPrefix(text, "http2: ") {
			log.Error("a library's own line", "text", text)
		}
	}))
}

// cutShort makes respond stop when ending ends, and return its results so far. Otherwise an
// invocation that waits for its database would wait until its time-out.
func cutShort(ending context.Context, respond handler) handler {
	return func(ctx context.Context, payload json.RawMessage) (io.Reader, error) {
		ctx, cancel := context.WithCancel(ctx)
		stop := context.AfterFunc(ending, cancel)
		context.AfterFunc(ctx, func() { stop() }) // Lambda's context ends when the answer has been sent
		return respond(ctx, payload)
	}
}

// open makes a pool with one connection for each invocation that the environment may serve at
// the same time.
func open(getenv func(string) string, environment string, log *slog.Logger) (*dsql.DB, *capture.Lambda, error) {
	address, err := address.From(getenv)
	if err != nil {
		return nil, nil, err
	}
	ctx := context.Background()
	where, err := address.Where()
	if err != nil {
		return nil, nil, err
	}
	for _, fault := range slices.Concat(telemetry.TakenAsFalse(getenv), telemetry.CheckVariables(getenv)) {
		log.Warn("a telemetry setting is ignored", "error", fault)
	}
	if idle := telemetry.IdleVariables(os.Environ()); len(idle) > 0 {
		log.Warn("variables without effect", "variables", strings.Join(idle, ", "))
	}
	schema, table, _ := strings.Cut(dsql.Table, ".")
	observer, err := capture.NewLambda(ctx, getenv, environment, capture.Database{
		Host: where.Host, Port: where.Port, Name: where.Database, Schema: schema, Table: table, PoolName: where.Host + "/" + where.Database,
	})
	if err != nil {
		log.Error("invocations go unobserved", "error", err) // their work comes first
	}
	var connections dsql.Connections
	if observer != nil {
		connections = observer
	}
	db, err := dsql.OpenObserved(ctx, address, lambdacontext.MaxConcurrency(), connections)
	return db, observer, err
}

// handler gets an event and returns the answer, which the Lambda runtime reads and sends while it
// grows.
type handler func(context.Context, json.RawMessage) (io.Reader, error)
