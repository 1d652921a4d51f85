package telemetry

import (
	"encoding/binary"

	"go.opentelemetry.io/otel/trace"
)

// GroupTrace returns the id of the trace of an invocation's group: the invocation's own for group
// 0, and for each further group one of its own. of is the invocation's trace. The ids differ in
// their second half, which counts up and leaves out zero, so the driver can tell them without
// being told.
func GroupTrace(of trace.TraceID, group int64) trace.TraceID {
	low := binary.BigEndian.Uint64(of[8:])
	next := low + uint64(group)
	if next < low { // it went past zero
		next++
	}
	binary.BigEndian.PutUint64(of[8:], next)
	return of
}
