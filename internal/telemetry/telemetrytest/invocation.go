package telemetrytest

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/bench"
)

// A run, a parent span, a statement and a function.
const (
	RunID       = "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W"
	TraceParent = "00-0102030405060708090a0b0c0d0e0f10-a1a2a3a4a5a6a7a8-01"
	Query       = "INSERT INTO car_entities_schema.business_events VALUES ($1)"
	ARN         = "arn:aws:lambda:eu-central-1:123456789012:function:dsql-load-test"
)

// Epoch returns the start of the tests' statements.
func Epoch() time.Time { return time.Unix(1_700_000_000, 0) }

// LambdaVariables returns the variables of a function on AWS, and more.
func LambdaVariables(more ...string) func(string) string {
	return Reader(append([]string{
		"AWS_LAMBDA_FUNCTION_NAME", "dsql-load-test", "AWS_LAMBDA_FUNCTION_VERSION", "7", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512",
		"AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023", "AWS_REGION", "eu-central-1",
	}, more...)...)
}

// Asked returns an invocation to be observed. change may modify it.
func Asked(detail bench.TraceDetail, change func(*bench.Invocation)) bench.Invocation {
	inv := bench.Invocation{
		Scenario: bench.Individual, Count: 10, Iterations: 10, EventType: bench.CarCreated, Index: 3, RunID: RunID,
		Telemetry: &bench.TelemetryRequest{Mode: bench.TelemetryRelay, Detail: detail, TraceParent: TraceParent},
	}
	if change != nil {
		change(&inv)
	}
	return inv
}

// OnLambda returns the context of an invocation on AWS.
func OnLambda() context.Context {
	return lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "request-1", InvokedFunctionArn: ARN + ":live"})
}

// The ids and the start of the tests' spans.
var (
	TraceID  = trace.TraceID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	SpanID   = trace.SpanID{0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8}
	ParentID = trace.SpanID{0, 0, 0, 0, 0, 0, 0, 1}
	Start    = time.Unix(1_700_000_000, 123_456_789)
)
