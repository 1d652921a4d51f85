package relay

import (
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

type exportOfSpans = func(n int, all []*tracepb.ResourceSpans) ([]*tracepb.ResourceSpans, int64, error)

// firstly does this with the first export that has statements, and takes all others.
func firstly(do func(all []*tracepb.ResourceSpans) ([]*tracepb.ResourceSpans, int64, error)) exportOfSpans {
	var first once
	return func(_ int, all []*tracepb.ResourceSpans) ([]*tracepb.ResourceSpans, int64, error) {
		if first.now(withStatements(all)) {
			return do(all)
		}
		return all, 0, nil
	}
}

// rejecting says that n spans of the first export are refused, and leaves out as many
// statements as said.
func rejecting(n int64, statements int) exportOfSpans {
	return firstly(func(all []*tracepb.ResourceSpans) ([]*tracepb.ResourceSpans, int64, error) {
		left := statements
		return without(all, func(s *tracepb.Span) bool {
			left--
			return left >= 0 && s.Name == telemetry.StatementName
		}), n, nil
	})
}

// answeringNot takes the first export or not, and fails.
func answeringNot(code codes.Code, takes bool) exportOfSpans {
	return firstly(func(all []*tracepb.ResourceSpans) ([]*tracepb.ResourceSpans, int64, error) {
		if !takes {
			all = nil
		}
		return all, 0, status.Error(code, "not now")
	})
}

// always fails each export with statements, and takes it or not.
func always(code codes.Code, takes bool) exportOfSpans {
	return func(_ int, all []*tracepb.ResourceSpans) ([]*tracepb.ResourceSpans, int64, error) {
		if !withStatements(all) {
			return all, 0, nil
		}
		if !takes {
			return nil, 0, status.Error(code, "no")
		}
		return all, 0, status.Error(code, "no")
	}
}

// VanishingSpans are all ways in which spans vanish, or are counted twice, between the
// function and the driver's account.
func VanishingSpans() []Vanish {
	const atDriver, atLambda = " spans dropped at the driver: ", " spans dropped at the lambda: "
	chunk := func(change func(t *testing.T, r *bench.Result, c *bench.SpanChunk)) func(*testing.T, *Driver, *bench.Result) {
		return func(t *testing.T, _ *Driver, r *bench.Result) {
			for i := range r.Response.Telemetry.Chunks { // that of the statements
				if c := &r.Response.Telemetry.Chunks[i]; c.Rows > 0 {
					change(t, r, c)
				}
			}
		}
	}
	traceOfCall := func(t *testing.T, r *bench.Result) trace.TraceID {
		id, err := trace.TraceIDFromHex(r.Response.Slowest[0].TraceID)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	return []vanish{
		{name: "nothing vanishes"},
		{name: "the response was too large", told: "25" + atLambda + "response_size", dropped: 6, change: func(_ *testing.T, _ *Driver, r *bench.Result) {
			for capture.Shrink(r.Response) {
				continue
			}
		}},
		{name: "can't be read", told: "7" + atDriver + "unreadable", dropped: 6, change: chunk(func(_ *testing.T, _ *bench.Result, c *bench.SpanChunk) {
			c.Data = []byte("no zstd")
		})},
		{name: "cut off", told: "7" + atDriver + "unreadable", dropped: 6, change: chunk(func(_ *testing.T, _ *bench.Result, c *bench.SpanChunk) {
			c.Data = c.Data[:len(c.Data)/2]
		})},
		{name: "not there", told: "7" + atDriver + "unreadable", dropped: 6, change: chunk(func(_ *testing.T, _ *bench.Result, c *bench.SpanChunk) { c.Data = nil })},
		{name: "fewer than told", told: "8" + atDriver + "unreadable", dropped: 6, change: chunk(func(_ *testing.T, r *bench.Result, c *bench.SpanChunk) {
			c.Spans++
			r.Response.Telemetry.Spans++
		})},
		{name: "more than told", told: "6" + atDriver + "unreadable", dropped: 6, change: chunk(func(_ *testing.T, r *bench.Result, c *bench.SpanChunk) {
			c.Spans--
			r.Response.Telemetry.Spans--
		})},
		{name: "no spans but zeros without end", told: "7" + atDriver + "unreadable", dropped: 6, change: chunk(func(t *testing.T, _ *bench.Result, c *bench.SpanChunk) {
			c.Data = packing(t).Pack(make([]byte, 60<<20))
		})},
		{name: "of another run", told: "7" + atDriver + "unreadable", dropped: 6, change: chunk(func(t *testing.T, r *bench.Result, c *bench.SpanChunk) {
			c.Data = chunkOf(t, telemetrytest.RunID+"X", traceOfCall(t, r), c.Spans)
		})},
		{name: "of another trace", told: "7" + atDriver + "unreadable", dropped: 6, change: chunk(func(t *testing.T, _ *bench.Result, c *bench.SpanChunk) {
			c.Data = chunkOf(t, telemetrytest.RunID, traceOf(1), c.Spans)
		})},
		{name: "an earlier answer once more", told: "25" + atDriver + "unreadable", dropped: 6, repeated: true},
		{name: "too much waits", told: atDriver + "queue_full", dropped: 6, change: func(_ *testing.T, d *Driver, _ *bench.Result) {
			d.spans.mu.Lock()
			defer d.spans.mu.Unlock()
			d.spans.bytes += maxQueued
		}},
		{name: "refused for good", told: "14 spans refused by what comes after the driver", dropped: 12, spans: always(codes.InvalidArgument, false)},
		{name: "refused for good, together", told: "14 spans refused by what comes after the driver", dropped: 12, resent: 6, spans: func(n int, all []*tracepb.ResourceSpans) ([]*tracepb.ResourceSpans, int64, error) {
			if n <= 2*senders {
				return nil, 0, status.Error(codes.Unavailable, "busy")
			}
			return always(codes.InvalidArgument, false)(n, all)
		}},
		{name: "refused by the connection, and taken", told: " spans refused by what comes after the driver", dropped: 12, resent: 12, spans: always(codes.Internal, true)},
		{name: "refused by the connection, and not taken", told: " spans refused by what comes after the driver", dropped: 12, resent: 12, spans: always(codes.Internal, false)},
		{name: "a detail refused in part", told: "1 spans refused by what comes after the driver", dropped: 1, resent: 1, spans: rejecting(1, 0)},
		{name: "a statement refused in part", told: "1 spans refused by what comes after the driver", dropped: 1, resent: 1, spans: rejecting(1, 1)},
		{name: "more refused than sent, and taken", told: " spans refused by what comes after the driver", dropped: 6, most: 12, resent: 6, spans: rejecting(1<<40, 0)},
		{name: "more refused than sent, and not taken", told: " spans refused by what comes after the driver", dropped: 6, most: 12, resent: 6, spans: rejecting(1<<40, 1<<40)},
		{name: "fewer than none refused", told: " spans refused by what comes after the driver", dropped: 6, most: 12, resent: 6, spans: rejecting(-3, 0)},
		{name: "no answer, and taken", resent: 6, spans: answeringNot(codes.Unavailable, true)},
		{name: "no answer, and not taken", resent: 6, spans: answeringNot(codes.Unavailable, false)},
		{name: "never an answer, and taken each time", told: atDriver + "unconfirmed", dropped: 12, resent: 12, spans: always(codes.Unavailable, true)},
		{name: "never an answer, and not taken", told: atDriver + "unconfirmed", dropped: 12, resent: 12, spans: always(codes.Unavailable, false)},
		{name: "the driver's own", told: " spans refused by what comes after the driver", spans: func(_ int, all []*tracepb.ResourceSpans) ([]*tracepb.ResourceSpans, int64, error) {
			if slices.ContainsFunc(all, func(m *tracepb.ResourceSpans) bool {
				return telemetrytest.Attributes(m.Resource.Attributes)["service.name"] == telemetry.DriverService
			}) {
				return nil, 0, status.Error(codes.InvalidArgument, "not these")
			}
			return all, 0, nil
		}},
		{name: "an answer that never came", told: "1 invocations ended without an answer", change: func(_ *testing.T, _ *Driver, r *bench.Result) {
			r.Response, r.Outcome = nil, bench.Unknown
		}},
		{name: "an answer without telemetry", told: "1 invocations ended without an answer, or answered without telemetry", dropped: 6, short: true, change: func(_ *testing.T, _ *Driver, r *bench.Result) {
			r.Response.Telemetry = nil
		}},
		{name: "the collector can't send", told: "3 spans dropped at the collector: send_failed", lostSpans: loss{sendFailed: 3}},
		{name: "the collector's queue is full", told: "3 spans dropped at the collector: enqueue_failed", lostSpans: loss{enqueueFailed: 3}},
		{name: "the collector still holds them", told: "3 spans dropped at the collector: still_queued", lostSpans: loss{queued: 3}},
		{name: "the collector can't send, of two runs", unknown: true, lostSpans: loss{sendFailed: 3, ofOthers: 5}},
		{name: "the collector took those of two runs", lostSpans: loss{ofOthers: 5}},
		{name: "the collector began anew", unknown: true, restarted: true},
	}
}

// VanishingExports are those of a function that exports by itself.
func VanishingExports() []Vanish {
	const failed, refused = " spans dropped at the lambda: export_failed", " spans dropped at the lambda: rejected"
	return []vanish{
		{name: "nothing vanishes"},
		{name: "nobody is there", told: "50" + failed, dropped: 12, resent: 12, away: true},
		{name: "refused for good", told: failed, dropped: 12, resent: 12, spans: always(codes.InvalidArgument, false)},
		{name: "no answer, and taken", told: failed, dropped: 12, resent: 12, spans: answeringNot(codes.Unavailable, true)},
		{name: "no answer in time, and taken", told: failed, dropped: 12, resent: 12, hasty: time.Second},
		{name: "a detail refused in part", told: "1" + refused, dropped: 1, resent: 1, spans: rejecting(1, 0)},
		{name: "a statement refused in part", told: "1" + refused, dropped: 1, resent: 1, spans: rejecting(1, 1)},
		{name: "more refused than sent", told: refused, dropped: 6, resent: 6, spans: rejecting(1<<40, 1<<40)},
		{name: "fewer than none refused", told: refused, dropped: 6, resent: 6, spans: rejecting(-1, 0)},
		{name: "an answer that never came", told: "1 invocations ended without an answer", change: func(_ *testing.T, _ *Driver, r *bench.Result) {
			r.Response, r.Outcome = nil, bench.Unknown
		}},
	}
}
