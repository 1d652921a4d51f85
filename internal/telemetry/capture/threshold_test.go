package capture

import (
	"context"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// Durations of slow statements, and of their phases, bear a label: of those that take the bound
// at least, and of all that were retried or not acknowledged.
func TestSlowLabel(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name               string
		slowUs             int64
		statements, phases int64 // slow ones
	}{
		{"no bound: only the retried, failed and unknown ones", 0, 3, 5 + 2 + 2},
		{"one takes just the bound", 3000, 4, 2 + 5 + 2 + 2},
		{"one takes a bit less", 3001, 3, 5 + 2 + 2},
		{"all take the bound", 2000, 5, 2 + 2 + 5 + 2 + 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inv := telemetrytest.Asked(bench.DetailLogical, func(inv *bench.Invocation) { inv.Telemetry.SlowUs = tc.slowUs })
			o := testLambda(t).Begin(context.Background(), inv, false, telemetrytest.Query)
			quick := []telemetrytest.Step{{Phase: bench.Acquire, From: 0, To: 1}, {Phase: bench.Query, From: 1, To: 2}}
			send(o, 0, 2, quick, nil)
			send(o, 1, 3, quick, nil)
			sendAgain(o, 2, bench.Failure{Outcome: bench.Acknowledged}, telemetrytest.Try{To: 2, Kind: "40001", Steps: quick}, telemetrytest.Try{From: 5, To: 9, Steps: quick})
			send(o, 3, 2, quick, func(f *bench.Failure) { f.Outcome, f.Kind = bench.Failed, "23505" })
			send(o, 4, 2, quick, func(f *bench.Failure) { f.Outcome, f.Kind = bench.Unknown, "connection_lost" })
			m := telemetrytest.Read(t, o.End(false)).Metrics
			slow := map[string]int64{"db.client.operation.duration": tc.statements, "dsqlload.phase.duration": tc.phases}
			for _, metric := range m.ScopeMetrics[0].Metrics {
				if got := telemetrytest.Counted(m, metric.Name, "true"); got != slow[metric.Name] {
					t.Errorf("%s: %d slow, want %d", metric.Name, got, slow[metric.Name])
				}
			}
			if n, p := telemetrytest.Counted(m, "db.client.operation.duration", ""), telemetrytest.Counted(m, "dsqlload.phase.duration", ""); n != 5 || p != 2+2+5+2+2 {
				t.Errorf("%d statements and %d phases measured", n, p)
			}
		})
	}
}

// Slow is judged in whole microseconds, as latency is reported.
func TestSlowRounds(t *testing.T) {
	t.Parallel()
	bound := newThreshold(&bench.TelemetryRequest{SlowUs: 3000})
	for took, want := range map[time.Duration]bool{2_999_499: false, 2_999_500: true, 3_000_000: true} {
		if got := bound.reached(took); got != want {
			t.Errorf("%v: slow %v", took, got)
		}
	}
}

// With auto, the request's threshold holds for the first 20 acknowledged statements, and then 5 x
// the running median.
func TestAutoThreshold(t *testing.T) {
	t.Parallel()
	within := func(us, want int64) bool { return us >= want*98/100 && us <= want*102/100 }
	b := newThreshold(&bench.TelemetryRequest{SlowUs: 100_000, SlowAuto: true})
	for n := range bench.SlowLeast {
		if b.us != 100_000 {
			t.Fatalf("%d us after %d statements", b.us, n)
		}
		b.add(2*time.Millisecond + time.Duration(n%2)*time.Second) // one in two is far off
	}
	if !within(b.us, 10_000) {
		t.Errorf("%d us with a median of 2 ms", b.us)
	}
	for range 3 * bench.SlowLeast {
		b.add(4 * time.Millisecond)
	}
	if !within(b.us, 20_000) || b.reached(19*time.Millisecond) || !b.reached(21*time.Millisecond) {
		t.Errorf("%d us with a median of 4 ms", b.us)
	}
	fixed := newThreshold(&bench.TelemetryRequest{SlowUs: 100_000})
	for range 10 * bench.SlowLeast {
		fixed.add(time.Millisecond)
	}
	if fixed.us != 100_000 {
		t.Errorf("a fixed threshold became %d us", fixed.us)
	}
}

// Only acknowledged statements make the median. A function that isn't asked for auto keeps the
// request's threshold.
func TestAutoOfAcknowledged(t *testing.T) {
	t.Parallel()
	for auto, want := range map[bool]int64{true: 1 + 10, false: 10} {
		inv := telemetrytest.Asked(bench.DetailLogical, func(inv *bench.Invocation) { inv.Telemetry.SlowUs, inv.Telemetry.SlowAuto = 100_000, auto })
		o := testLambda(t).Begin(context.Background(), inv, false, telemetrytest.Query)
		for n := range 30 {
			if n%3 == 2 {
				send(o, n, 1, nil, func(f *bench.Failure) { f.Outcome, f.Kind = bench.Failed, "23505" })
				continue
			}
			send(o, n, 4, nil, nil)
		}
		send(o, 30, 30, nil, nil)
		m := telemetrytest.Read(t, o.End(false)).Metrics
		if n := telemetrytest.Counted(m, "db.client.operation.duration", "true"); n != want {
			t.Errorf("auto %v: %d slow, want %d", auto, n, want)
		}
	}
}
