package relay

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/telemetry"
)

// The points of a second are complete once no invocation in flight can add to them. If partial
// answers come, one that says nothing holds them back for maxBehind seconds at most.
func TestCompleteUntil(t *testing.T) {
	t.Parallel()
	const start = 1_700_000_000
	hanging, telling := trace.SpanID{1}, trace.SpanID{2}
	for _, tc := range []struct {
		name string
		do   func(*pointRelay)
		now  int64 // seconds after the start
		last bool
		want int64 // likewise
	}{
		{"no invocation", func(*pointRelay) {}, 50, false, 49},
		{"no partial answer", func(m *pointRelay) { m.join(hanging, time.Unix(start+3, 0)) }, 50, false, 2},
		{"the partial answers of one", func(m *pointRelay) {
			m.join(telling, time.Unix(start, 0))
			m.advance(telling, start+48)
		}, 50, false, 47},
		{"one that hangs", func(m *pointRelay) {
			m.join(hanging, time.Unix(start, 0))
			m.join(telling, time.Unix(start, 0))
			m.advance(telling, start+49)
		}, 50, false, 50 - maxBehind},
		{"one that hangs after a partial answer", func(m *pointRelay) {
			m.join(hanging, time.Unix(start, 0))
			m.advance(hanging, start+10)
		}, 50, false, 50 - maxBehind},
		{"one that has just begun to hang", func(m *pointRelay) {
			m.join(hanging, time.Unix(start, 0))
			m.join(telling, time.Unix(start, 0))
			m.advance(telling, start+3)
		}, 4, false, -1},
		{"a clock that goes back", func(m *pointRelay) {
			m.join(telling, time.Unix(start, 0))
			m.advance(telling, start+48)
			m.advance(telling, start+20)
		}, 50, false, 47},
		{"a clock that is ahead", func(m *pointRelay) {
			m.join(telling, time.Unix(start, 0))
			m.advance(telling, start+4000)
		}, 50, false, 49},
		{"one that ended", func(m *pointRelay) {
			m.join(telling, time.Unix(start, 0))
			m.leave(telling)
		}, 50, false, 49},
		{"a partial answer without telemetry", func(m *pointRelay) {
			m.join(telling, time.Unix(start+5, 0))
			m.advance(telling, 0)
		}, 8, false, 4},
		{"the last time", func(m *pointRelay) { m.join(hanging, time.Unix(start, 0)) }, 50, true, 50},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := &pointRelay{
				now: func() time.Time { return time.Unix(start+tc.now, 0) }, set: telemetry.NewSet(time.Unix(start, 0)), calls: map[trace.SpanID]int64{},
			}
			tc.do(m)
			if got := m.completeUntil(tc.last) - start; got != tc.want {
				t.Errorf("complete until second %d, want %d", got, tc.want)
			}
		})
	}
}
