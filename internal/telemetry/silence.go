package telemetry

import (
	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
)

// Silence keeps the OpenTelemetry SDK from writing to stderr by itself. What it
// would say of its variables CheckVariables says; what an export came to, the
// ledger.
func Silence() {
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
}
