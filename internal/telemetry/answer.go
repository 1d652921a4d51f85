package telemetry

import (
	"context"
	"errors"

	colmetricpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Answer is the collector's answer to one export.
type Answer struct {
	done     bool  // it took the export, except for the rejected part
	rejected int64 // spans or points
	// Code is the gRPC status.
	Code codes.Code
}

type answerKey struct{}

// listen is a gRPC interceptor that fills the Answer in ctx. The SDK's clients return neither the
// number of rejected spans or points, nor whether the collector took the rest.
func listen(ctx context.Context, method string, request, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	err := invoke(ctx, method, request, reply, c, options...)
	a, _ := ctx.Value(answerKey{}).(*Answer)
	if a == nil {
		return err
	}
	a.done, a.Code = err == nil, status.Code(err)
	switch r := reply.(type) {
	case *coltracepb.ExportTraceServiceResponse:
		a.rejected = r.GetPartialSuccess().GetRejectedSpans()
	case *colmetricpb.ExportMetricsServiceResponse:
		a.rejected = r.GetPartialSuccess().GetRejectedDataPoints()
	}
	return err
}

// judged removes the error of the SDK's client if the collector took at least a part.
func (a Answer) judged(err error) (Answer, error) {
	if a.done {
		return a, nil
	}
	if err == nil {
		err = errors.New("the export ended without an answer")
	}
	return a, err
}

// Refusals returns how many of the sent spans or points the collector refused. If its number is
// impossible, all of them count as refused.
func (a Answer) Refusals(sent int64) int64 {
	if a.rejected < 0 || a.rejected > sent {
		return sent
	}
	return a.rejected
}

// Unsure reports whether the collector may have taken the export although it failed. gRPC also
// returns Internal for errors of the connection.
func (a Answer) Unsure() bool { return !a.Final() || a.Code == codes.Internal }

// Final reports whether the failed export must not be sent again (OTLP specification,
// "Failures").
func (a Answer) Final() bool {
	switch a.Code {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.Unauthenticated,
		codes.FailedPrecondition, codes.Unimplemented, codes.Internal:
		return true
	}
	return false
}

// AtMost returns the highest number of rows in n of some statements, which have rows rows
// together and each rows per statement. If each is 0 (unknown), it returns rows.
func AtMost(rows, n, each int64) int64 {
	if each == 0 || n > rows/each {
		return rows
	}
	return n * each
}
