package telemetry

import (
	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"

	_ "dsql-load-test/internal/quiet" // before gRPC and the SDK are initialised
)

// quieten stops the OpenTelemetry SDK from writing to stderr. CheckVariables reports faulty
// variables, and the ledger reports failed exports.
func quieten() {
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
}
