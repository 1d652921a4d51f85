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

// Answer is what the collector said to one export.
type Answer struct {
	done     bool  // it took the export, but for what it rejected
	rejected int64 // spans or points
	Code     codes.Code
}

type answerKey struct{}

// listen notes what the collector answered: the clients tell neither how many
// spans or points were rejected, nor whether the rest was taken.
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

// judged drops the error of an export that was taken but for some of it.
func (a Answer) judged(err error) (Answer, error) {
	if a.done {
		return a, nil
	}
	if err == nil {
		err = errors.New("the export ended without an answer")
	}
	return a, err
}

// Refusals is how many of the spans or points sent the collector refused. A number
// that can't be says nothing of them, so all count as refused.
func (a Answer) Refusals(sent int64) int64 {
	if a.rejected < 0 || a.rejected > sent {
		return sent
	}
	return a.rejected
}

// Unsure reports whether the collector may have taken a failed export all the same:
// Internal may also be the connection's own error.
func (a Answer) Unsure() bool { return !a.Final() || a.Code == codes.Internal }

// Final reports whether an export that failed so must not be tried again
// (OTLP specification, "Failures").
func (a Answer) Final() bool {
	switch a.Code {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.Unauthenticated,
		codes.FailedPrecondition, codes.Unimplemented, codes.Internal:
		return true
	}
	return false
}

// AtMost is how many of rows are on n statements of each rows, at most.
func AtMost(rows, n, each int64) int64 {
	if each == 0 || n > rows/each {
		return rows
	}
	return n * each
}
