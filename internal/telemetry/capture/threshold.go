package capture

import (
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// threshold is the latency from which a statement of an invocation counts as slow. It is either
// fixed, or bench.SlowFactor x the running median of the invocation's acknowledged statements.
type threshold struct {
	us   int64 // microseconds; 0 means that no statement is slow
	auto bool
	seen telemetry.Histogram // acknowledged latencies, if auto
}

func newThreshold(r *bench.TelemetryRequest) threshold {
	return threshold{us: r.SlowUs, auto: r.SlowAuto}
}

// reached reports whether a statement that took so long is slow, in whole microseconds.
func (t *threshold) reached(took time.Duration) bool {
	return t.us > 0 && took.Round(time.Microsecond).Microseconds() >= t.us
}

// add adds an acknowledged statement. The median is taken anew after every bench.SlowLeast of
// them. Before the first time, the threshold of the request holds.
func (t *threshold) add(took time.Duration) {
	if !t.auto {
		return
	}
	t.seen.Record(took.Seconds())
	if t.seen.Count%bench.SlowLeast == 0 {
		t.us = bench.SlowUs(telemetry.Duration(t.seen.Median()))
	}
}
