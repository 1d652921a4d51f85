package cost

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/event"
)

// approximate lets sums differ in their last digits.
func approximate() cmp.Option { return cmpopts.EquateApprox(1e-9, 1e-12) }

func ptr(v float64) *float64 { return &v }

func defaults(t *testing.T) Prices {
	t.Helper()
	p, err := Read("")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func configured(change func(*bench.Config)) bench.Config {
	c := bench.Defaults()
	c.WarmUp, c.Seed = 0, 42
	change(&c)
	return c
}

// numbers is a sheet without its sentences.
func numbers(s bench.CostSheet) bench.CostSheet {
	s.Basis = nil
	return s
}

// The rows of these scenarios are below 1,024 bytes, so that each insert takes
// 0.0619519104 DPU (TestDPU); all else is worked by hand.
func TestEstimate(t *testing.T) {
	individual := configured(func(c *bench.Config) { c.Scenarios = []bench.Scenario{bench.Individual} })
	few := configured(func(c *bench.Config) {
		c.Scenarios, c.Concurrency = []bench.Scenario{bench.Individual}, 100
		c.WarmUp = 20
	})
	warmUp, _ := few.WarmUpPlan("")
	for _, c := range []struct {
		name     string
		plans    []bench.Plan
		warmUp   *bench.Plan
		function *bench.Function
		want     bench.CostSheet
	}{
		{
			// 10,000 statements of 20 ms + 1,000 cold starts of 0.5 s = 700 s at 1 GB.
			name: "1000 invocations of 10 inserts", plans: individual.Plans(""),
			want: bench.CostSheet{
				Requests: 1000, GBSeconds: 700, InitGBSeconds: ptr(100), RequestsUSD: 0.0002, DurationUSD: 700 * 0.0000133334,
				DPU: ptr(619.519104), DPUUSD: ptr(0.004956152832),
				TotalUSD: 0.014489532832, PerMillionRowUSD: ptr(1.4489532832),
			},
		},
		{
			// 10,020 x 20 ms + 20 x 0.5 s + 100 x 0.5 s = 260.4 s at half a GB; the rows
			// are the scenario's alone.
			name: "few in flight, a warm-up, x86", plans: few.Plans(""), warmUp: &warmUp,
			function: &bench.Function{MemoryMB: 512, Architecture: "x86_64"},
			want: bench.CostSheet{
				Requests: 1020, GBSeconds: 130.2, InitGBSeconds: ptr(5), RequestsUSD: 0.000204, DurationUSD: 130.2 * 0.0000166667,
				DPU: ptr(620.758142208), DPUUSD: ptr(0.004966065137664),
				TotalUSD: 0.000204 + 130.2*0.0000166667 + 0.004966065137664, PerMillionRowUSD: ptr(0.7340069477664),
			},
		},
		{name: "nothing", want: bench.CostSheet{InitGBSeconds: ptr(0), DPU: ptr(0), DPUUSD: ptr(0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Estimate(Work{Plans: c.plans, WarmUp: c.warmUp}, c.function, defaults(t), "us-east-1")
			if diff := cmp.Diff(c.want, numbers(got), approximate()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestEstimateBatch sets the estimate against the size of every single row.
func TestEstimateBatch(t *testing.T) {
	c := configured(func(c *bench.Config) {
		c.Scenarios = []bench.Scenario{bench.Batch}
		c.Batch.NumLambdas, c.Batch.Iterations, c.EventType = 4, 2, bench.Random
	})
	p := c.Plans("01M850BJEVW2N143JB0YS2GE2T")[0]
	events, err := event.New(p.RunID, p.Seed, p.EventType)
	if err != nil {
		t.Fatal(err)
	}
	var want float64
	for i := range p.Load.NumLambdas {
		for n := range p.Load.Iterations {
			written := 0
			for row := range p.Load.Count {
				e := events.Event(nil, event.At(p.Invocation(i), n, row), time.Time{})
				written += 36 + len(e.Name) + len(e.Type) + 8 + 8 + len(e.Data)
			}
			want += float64(written)*0.00004883 + 0.0037499904 + 0.1765
		}
	}
	got := Estimate(Work{Plans: []bench.Plan{p}}, nil, defaults(t), "us-east-1")
	if !near(*got.DPU, want, 1e-9) {
		t.Errorf("%.9f DPU, want %.9f", *got.DPU, want)
	}
	if want := 8*(0.02+99*0.0008) + 4*0.5; !near(got.GBSeconds, want, 1e-9) {
		t.Errorf("%.9f GB seconds, want %.9f", got.GBSeconds, want)
	}
}

// TestSample: the mean of the sampled statements is that of a much larger part.
func TestSample(t *testing.T) {
	for _, count := range []int{1, 7, 100, 3000} {
		c := configured(func(c *bench.Config) { c.Batch.Count, c.EventType = count, bench.Random })
		p := c.Plans("01M850BJEVW2N143JB0YS2GE2T")[1]
		_, size := sample(p)
		small := p
		small.Load.NumLambdas = 1
		small.Load.Iterations = 20
		_, other := sample(small)
		if size < 300 || size > 1500 || !near(size, other, size*0.2) {
			t.Errorf("batches of %d: %.0f bytes a row, elsewhere in the plan %.0f", count, size, other)
		}
	}
}

func TestBasis(t *testing.T) {
	c := configured(func(c *bench.Config) { c.Scenarios = []bench.Scenario{bench.Individual} })
	for _, test := range []struct {
		name, region string
		function     *bench.Function
		want         []string
		not          string
	}{
		{name: "assumed", region: "us-east-1", want: []string{
			"Prices of us-east-1 as of 2026-07 ", "Free tiers, discounts and taxes are left out.", "1024 MB, arm64, which is assumed.",
			"20 ms a statement and 0.8 ms for each row after its first, and for each of 1000 cold starts, one an invocation in flight, 100 ms to start (INIT, which is billed) and 400 ms to connect", "Streamed answers, assumed: 20 KB, and 5 KB for each second that an invocation takes, with telemetry 4 KB more a second and 30 bytes a span: at most 0.02 MB each. The first 6 MB of each are free.", "Storage is left out", "Left out too: attempts",
		}, not: "stand in"},
		{name: "elsewhere", region: "eu-west-1", want: []string{"The prices of us-east-1 stand in for eu-west-1, which the list doesn't have."}},
		{
			name: "a function", region: "us-east-1", function: &bench.Function{MemoryMB: 256, Architecture: "x86_64"},
			want: []string{"Function: 256 MB, x86_64."}, not: "which is assumed",
		},
		{name: "a function that tells no architecture", region: "us-east-1", function: &bench.Function{MemoryMB: 256}, want: []string{"Function: 256 MB, arm64."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			basis := strings.Join(Estimate(Work{Plans: c.Plans(""), Telemetry: c.Telemetry, Detail: c.TraceDetail}, test.function, defaults(t), test.region).Basis, "\n")
			for _, want := range test.want {
				if !strings.Contains(basis, want) {
					t.Errorf("%q is missing in\n%s", want, basis)
				}
			}
			if test.not != "" && strings.Contains(basis, test.not) {
				t.Errorf("%q should not be in\n%s", test.not, basis)
			}
		})
	}
}

func TestExceeds(t *testing.T) {
	sheet := bench.CostSheet{TotalUSD: 7.419}
	for limit, want := range map[float64]bool{0: false, 5: true, 7.41: true, 7.419: false, 10: false} {
		err := Exceeds(sheet, limit, "--max-cost", "")
		if (err != nil) != want {
			t.Errorf("limit %g: %v, want an error: %v", limit, err, want)
		}
	}
	want := "--max-cost = 5: the plan is estimated at $7.42, which is more"
	if got, _, _ := strings.Cut(Exceeds(sheet, 5, "--max-cost", "").Error(), "\n"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUSD(t *testing.T) {
	var got []string
	for _, v := range []float64{0, 1234.567, 0.1, 0.0567, 0.00567, 0.000567, 0.00000056, -7.419, -0.0567} {
		got = append(got, USD(v))
	}
	want := []string{"$0.00", "$1234.57", "$0.10", "$0.057", "$0.0057", "$0.000567", "under $0.000001", "-$7.42", "-$0.057"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
