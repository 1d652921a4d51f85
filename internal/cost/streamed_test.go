package cost

import (
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
)

// TestStreamed works the bytes of answers by hand: 20 KB, each second 5 KB or, with telemetry, 9,
// and 30 bytes a span.
func TestStreamed(t *testing.T) {
	for _, c := range []struct {
		name        string
		invocations int
		iterations  int // of one statement, 20 ms each
		telemetry   bench.TelemetryMode
		detail      bench.TraceDetail
		answer      float64 // bytes
	}{
		{"as usual", 1000, 10, bench.TelemetryAuto, bench.DetailAuto, 20_000 + 0.2*9000 + 30*(10+2*2)},
		{"no telemetry", 1000, 10, bench.TelemetryOff, bench.DetailAuto, 20_000 + 0.2*5000},
		{"to the collector", 1000, 10, bench.TelemetryOTLP, bench.DetailAll, 20_000 + 0.2*5000},
		{"all detail", 1, 45_000, bench.TelemetryRelay, bench.DetailAll, 20_000 + 900*9000 + 30*3*45_000},
		{"no detail", 1, 45_000, bench.TelemetryRelay, bench.DetailLogical, 20_000 + 900*9000 + 30*45_000},
		{"a sample", 10, 45_000, bench.TelemetryRelay, bench.DetailAuto, 20_000 + 900*9000 + 30*(45_000/23.0+2*200)},
		{"long without telemetry", 7, 45_000, bench.TelemetryOff, bench.DetailAuto, 20_000 + 900*5000},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := configured(func(b *bench.Config) {
				b.Scenarios = []bench.Scenario{bench.Individual}
				b.Individual.NumLambdas, b.Individual.Iterations = c.invocations, c.iterations
			})
			work := Work{Plans: config.Plans(""), Telemetry: c.telemetry, Detail: c.detail}
			if got := work.answer(work.Plans[0], float64(c.iterations)*0.02); !near(got, c.answer, 1e-6) {
				t.Errorf("%f bytes an answer, want %f", got, c.answer)
			}
			want := float64(c.invocations) * max(0, c.answer-6*1024*1024) / (1 << 30)
			if got := Estimate(work, nil, defaults(t), "us-east-1"); !near(got.StreamedGB, want, 1e-12) || !near(got.StreamedUSD, want*0.008, 1e-12) ||
				!near(got.TotalUSD, got.RequestsUSD+got.DurationUSD+*got.DPUUSD+want*0.008, 1e-12) {
				t.Errorf("%+v, want %g GB", got, want)
			}
		})
	}
}

// The built-in price stands in for one that a list doesn't have, and the sheet says so only if it
// was used.
func TestStreamedPriceStandsIn(t *testing.T) {
	for _, c := range []struct {
		streamed float64
		from     string
		says     bool
	}{{2, "the built-in list (us-east-1, 2026-07)", true}, {0, "the built-in list (us-east-1, 2026-07)", false}, {2, "", false}} {
		s := bench.CostSheet{StreamedGB: c.streamed}
		charge(&s, RegionPrices{StreamedGB: ptr(0.5), StreamedFrom: c.from}, arm, 0)
		said := strings.Contains(strings.Join(s.Basis, " "), "The price list has no price for streamed bytes: that of the built-in list (us-east-1, 2026-07) is used.")
		if said != c.says || s.StreamedUSD != c.streamed/2 || s.TotalUSD != c.streamed/2 {
			t.Errorf("%g GB from %q: %+v", c.streamed, c.from, s)
		}
	}
}
