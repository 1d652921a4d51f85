package cost

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// ran is a record of a run on AWS of 100 invocations, 10,000 rows.
func ran(change func(*bench.Record)) *bench.Record {
	r := &bench.Record{
		Run: bench.Run{Target: bench.AWS, Config: bench.Defaults(), Function: &bench.Function{MemoryMB: 512, Architecture: "x86_64"}},
		Scenario2: &bench.Summary{
			Scenario: bench.Batch, Invocations: bench.Account{Planned: 110, Acknowledged: 100, NotStarted: 10},
			Rows:   bench.Account{Planned: 11_000, Acknowledged: 10_000, NotStarted: 1000},
			Billed: &bench.Billed{Invocations: 100, BilledSeconds: 40, MemoryMB: 1024},
		},
	}
	change(r)
	return r
}

// start gives b so many starts of a mean time, and the seconds that were billed of them.
func start(b *bench.Billed, inits int64, initMs, billed float64) {
	b.Inits, b.InitMs.Avg, b.InitBilledSeconds = inits, ptr(initMs), ptr(billed)
}

func fetched(dpu *float64, complete bool) *bench.CloudWatch {
	at := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
	return &bench.CloudWatch{From: at, To: at.Add(3 * time.Minute), Complete: complete, Metrics: []bench.CloudWatchMetric{
		{Name: "WriteDPU", Statistic: "Sum", Total: ptr(300)}, {Name: "TotalDPU", Statistic: "Sum", Total: dpu},
	}}
}

func TestActual(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*bench.Record)
		want   *bench.CostSheet
		says   string
	}{
		{name: "local", change: func(r *bench.Record) { r.Run.Target = bench.Local }},
		{name: "nothing told", change: func(r *bench.Record) { r.Scenario2.Billed = nil }},
		{
			// 40 s at 1 GB, 100 requests, 360 DPU.
			name: "everything told", change: func(r *bench.Record) { r.CloudWatch = fetched(ptr(360), true) },
			want: &bench.CostSheet{
				Requests: 100, GBSeconds: 40, RequestsUSD: 0.00002, DurationUSD: 0.000666668, DPU: ptr(360), DPUUSD: ptr(0.00288),
				TotalUSD: 0.003566668, PerMillionRowUSD: ptr(0.3566668),
			},
			says: "as Lambda billed it, of all 100 invocations|by CloudWatch, of all that the cluster did from 20:00 to 20:03 UTC",
		},
		{
			name: "no DPU yet", change: func(*bench.Record) {},
			want: &bench.CostSheet{
				Requests: 100, GBSeconds: 40, RequestsUSD: 0.00002, DurationUSD: 0.000666668,
				TotalUSD: 0.000686668, PerMillionRowUSD: ptr(0.0686668),
			},
			says: "The cluster's DPU are not known, and not in the total",
		},
		{
			name: "DPU fetched, none told", change: func(r *bench.Record) { r.CloudWatch = fetched(nil, true) },
			want: &bench.CostSheet{
				Requests: 100, GBSeconds: 40, RequestsUSD: 0.00002, DurationUSD: 0.000666668,
				TotalUSD: 0.000686668, PerMillionRowUSD: ptr(0.0686668),
			},
			says: "The cluster's DPU are not known",
		},
		{
			// 2 GB seconds of 4 s at the function's 512 MB; not scaled.
			name: "reports missing, a warm-up, early", change: func(r *bench.Record) {
				r.Scenario2.Billed = &bench.Billed{Invocations: 70, BilledSeconds: 4}
				r.Run.WarmUp = &bench.WarmUp{Invocations: bench.Account{Planned: 20, Acknowledged: 19, Failed: 1}}
				r.CloudWatch = fetched(ptr(0), false)
			},
			want: &bench.CostSheet{
				Requests: 120, GBSeconds: 2, RequestsUSD: 0.000024, DurationUSD: 0.0000333334, DPU: ptr(0), DPUUSD: ptr(0),
				TotalUSD: 0.0000573334, PerMillionRowUSD: ptr(0.00573334),
			},
			says: "reported that of 70 invocations; 30 are without one, so it is a lower bound|warm-up's 20 requests are in it, their duration is not, nor the start (INIT) of the environments that they needed (n/a cold starts)|may still grow",
		},
		{
			name: "memory unknown, DPU told", change: func(r *bench.Record) {
				r.Scenario2.Billed.MemoryMB, r.Run.Function = 0, nil
				r.CloudWatch = fetched(ptr(360), true)
				r.CloudWatch.Problem = "only a part came"
			},
			want: &bench.CostSheet{
				Requests: 100, RequestsUSD: 0.00002, DPU: ptr(360), DPUUSD: ptr(0.00288), TotalUSD: 0.0029, PerMillionRowUSD: ptr(0.29),
			},
			says: "architecture is not known: arm64|memory is not known: the duration of batch is left out|CloudWatch: only a part came.",
		},
		{
			// 100 starts of 120 ms at 1 GB, which are in the 40 s.
			name: "cold starts", change: func(r *bench.Record) { start(r.Scenario2.Billed, 100, 120, 12) },
			want: &bench.CostSheet{
				Requests: 100, GBSeconds: 40, InitGBSeconds: ptr(12), RequestsUSD: 0.00002, DurationUSD: 0.000666668,
				TotalUSD: 0.000686668, PerMillionRowUSD: ptr(0.0686668),
			},
			says: "The start (INIT) of 100 environments is in it",
		},
		{
			// As a file has it that doesn't know yet what was billed of the starts.
			name: "cold starts of an older file", change: func(r *bench.Record) {
				start(r.Scenario2.Billed, 100, 120, 0)
				r.Scenario2.Billed.InitBilledSeconds = nil
			},
			want: &bench.CostSheet{
				Requests: 100, GBSeconds: 40, InitGBSeconds: ptr(12), RequestsUSD: 0.00002, DurationUSD: 0.000666668,
				TotalUSD: 0.000686668, PerMillionRowUSD: ptr(0.0686668),
			},
			says: "The start (INIT) of 100 environments is in it",
		},
		{
			// 40 s of an emulator that bills no start: it isn't said to be in it.
			name: "cold starts that were not billed", change: func(r *bench.Record) { start(r.Scenario2.Billed, 100, 120, 0) },
			want: &bench.CostSheet{
				Requests: 100, GBSeconds: 40, RequestsUSD: 0.00002, DurationUSD: 0.000666668,
				TotalUSD: 0.000686668, PerMillionRowUSD: ptr(0.0686668),
			},
			says: "The start (INIT) of 100 environments is not in it",
		},
		{
			// Besides, 20 invocations of 0.4 s at 1 GB, 0.15 s of each INIT: 8 GB s, 3 of them INIT.
			name: "a warm-up's cold starts", change: func(r *bench.Record) {
				warm := &bench.Billed{Invocations: 20, BilledSeconds: 8, MemoryMB: 1024}
				start(warm, 20, 150, 3)
				r.Run.WarmUp = &bench.WarmUp{Invocations: bench.Account{Planned: 20, Acknowledged: 20}, Billed: warm}
			},
			want: &bench.CostSheet{
				Requests: 120, GBSeconds: 48, InitGBSeconds: ptr(3), RequestsUSD: 0.000024, DurationUSD: 0.0008000016,
				TotalUSD: 0.0008240016, PerMillionRowUSD: ptr(0.08240016),
			},
			says: "of all 100 invocations|The warm-up's 20 requests are in it, and the duration of the 20 that Lambda reported.|The start (INIT) of 20 environments is in it",
		},
		{
			// 3 + 1 GB beyond the free 6 MB, 4 GB at 0.008 USD.
			name: "streamed answers", change: func(r *bench.Record) {
				r.Scenario2.Billed.StreamedBytesBilled = 3 << 30
				r.Run.WarmUp = &bench.WarmUp{Invocations: bench.Account{Planned: 20, Acknowledged: 20}, Billed: &bench.Billed{StreamedBytesBilled: 1 << 30}}
			},
			want: &bench.CostSheet{
				Requests: 120, GBSeconds: 40, RequestsUSD: 0.000024, DurationUSD: 0.000666668, StreamedGB: 4, StreamedUSD: 0.032,
				TotalUSD: 0.032690668, PerMillionRowUSD: ptr(3.2690668),
			},
			says: "Streamed answers: 4 GB beyond the first 6 MB of each, which are free, as the driver received them.|The warm-up's 20 requests are in it, their duration is not",
		},
		{
			name: "streamed answers without a REPORT line", change: func(r *bench.Record) {
				r.Scenario2.Billed = &bench.Billed{StreamedBytesBilled: 1 << 29}
			},
			want: &bench.CostSheet{Requests: 100, RequestsUSD: 0.00002, StreamedGB: 0.5, StreamedUSD: 0.004, TotalUSD: 0.00402, PerMillionRowUSD: ptr(0.402)},
			says: "reported that of 0 invocations; 100 are without one|0.5 GB beyond",
		},
		{
			name: "streamed bytes that can't be right", change: func(r *bench.Record) {
				r.Scenario2.Billed.StreamedBytesBilled = -1
				r.Run.WarmUp = &bench.WarmUp{Invocations: bench.Account{Planned: 1, Acknowledged: 1}, Billed: &bench.Billed{Invocations: 1, StreamedBytesBilled: 1 << 62}}
			},
			want: &bench.CostSheet{Requests: 101, GBSeconds: 40, RequestsUSD: 0.0000202, DurationUSD: 0.000666668, TotalUSD: 0.000686868, PerMillionRowUSD: ptr(0.0686868)},
			says: "The streamed bytes of batch are left out: -1 bytes can't be right for 100 invocations.|of the warm-up are left out: 4611686018427387904 bytes can't be right for 1 invocations.",
		},
		{
			name: "no row", change: func(r *bench.Record) { r.Scenario2.Rows = bench.Account{Planned: 5, Failed: 5} },
			want: &bench.CostSheet{Requests: 100, GBSeconds: 40, RequestsUSD: 0.00002, DurationUSD: 0.000666668, TotalUSD: 0.000686668},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Actual(ran(c.change), defaults(t))
			if got == nil || c.want == nil {
				if got != nil || c.want != nil {
					t.Errorf("got %+v, want %+v", got, c.want)
				}
				return
			}
			if diff := cmp.Diff(*c.want, numbers(*got), approximate()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			for want := range strings.SplitSeq(c.says, "|") {
				if basis := strings.Join(got.Basis, "\n"); !strings.Contains(basis, want) {
					t.Errorf("%q is missing in\n%s", want, basis)
				}
			}
		})
	}
}
