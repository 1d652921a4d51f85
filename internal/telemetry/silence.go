package telemetry

import (
	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"

	_ "dsql-load-test/internal/quiet" // before gRPC and the SDK are initialised
)

// quieten keeps the OpenTelemetry SDK from writing to stderr by itself. What it
// would say of its variables CheckVariables says; what an export came to, the
// ledger.
func quieten() {
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
}
