package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// gauges returns the last value of each series of a gauge of the driver, by its labels.
func gauges(b *telemetrytest.Backend, id telemetry.MetricID) map[string]float64 {
	last, name := map[string]float64{}, telemetry.Metrics()[id].Name
	for _, rm := range b.Points() {
		for _, scope := range rm.ScopeMetrics {
			for _, m := range scope.Metrics {
				if m.Name != name {
					continue
				}
				for _, p := range m.GetGauge().GetDataPoints() {
					last[telemetrytest.Labels(telemetrytest.Attributes(p.Attributes))] = p.GetAsDouble() + float64(p.GetAsInt())
				}
			}
		}
	}
	return last
}

func wantGauges(t *testing.T, b *telemetrytest.Backend, id telemetry.MetricID, want map[string]float64) {
	t.Helper()
	if diff := cmp.Diff(want, gauges(b, id)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", telemetry.Metrics()[id].Name, diff)
	}
}

// While a scenario runs its figures are those of Show, at its end those of the results.
func TestFigures(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	d := driverTo(t, b.Address, nowhere, bench.TelemetryRelay)
	d.AwaitFirst(t.Context())
	begun := time.Now()
	wantGauges(t, b, telemetry.RunStatus, map[string]float64{
		"dsqlload.status=running": 1, "dsqlload.status=complete": 0, "dsqlload.status=incomplete": 0, "dsqlload.status=interrupted": 0,
	})
	stage := d.Begin("individual", testPlan(5))
	stage.Show(func() Figures {
		return Figures{Rows: bench.Account{Planned: 30, Acknowledged: 10, Failed: 5, NotStarted: 15}, Percentiles: bench.Percentiles{P50: new(2.0)}}
	})
	telemetrytest.Until(t, "the figures are sent", func() bool { return len(gauges(b, telemetry.ScenarioRows)) > 0 })
	wantGauges(t, b, telemetry.ScenarioRows, map[string]float64{
		"dsqlload.outcome=acknowledged,dsqlload.scenario=individual": 10, "dsqlload.outcome=failed,dsqlload.scenario=individual": 5,
		"dsqlload.outcome=unknown,dsqlload.scenario=individual": 0,
	})
	wantGauges(t, b, telemetry.ScenarioLatency, map[string]float64{"dsqlload.quantile=0.5,dsqlload.scenario=individual": 0.002})
	if end := gauges(b, telemetry.ScenarioExpectedEnd)["dsqlload.scenario=individual"]; end < seconds(begun) {
		t.Errorf("expected end %v, before the start", end)
	}
	stage.Settle(&bench.Summary{
		Rows:             bench.Account{Planned: 30, Acknowledged: 20, Failed: 5, NotStarted: 5},
		StatementLatency: bench.StatementLatency{Percentiles: bench.Percentiles{P999: new(7.0)}, Max: new(8.5)},
		Client:           &bench.ClientLoad{Bound: true, MachineCPUAvg: new(0.97), LagP99Ms: new(1.0)},
	})
	stage.End(time.Second)
	d.Close(context.Background(), bench.Interrupted)
	wantGauges(t, b, telemetry.ScenarioRows, map[string]float64{
		"dsqlload.outcome=acknowledged,dsqlload.scenario=individual": 20, "dsqlload.outcome=failed,dsqlload.scenario=individual": 5,
		"dsqlload.outcome=unknown,dsqlload.scenario=individual": 0, "dsqlload.outcome=not_started,dsqlload.scenario=individual": 5,
	})
	wantGauges(t, b, telemetry.ScenarioLatency, map[string]float64{
		"dsqlload.quantile=0.5,dsqlload.scenario=individual":   0.002, // of before
		"dsqlload.quantile=0.999,dsqlload.scenario=individual": 0.007, "dsqlload.quantile=1,dsqlload.scenario=individual": 0.0085,
	})
	wantGauges(t, b, telemetry.MachineLimit, map[string]float64{"dsqlload.limit=cpu,dsqlload.scenario=individual": 1, "dsqlload.limit=timers,dsqlload.scenario=individual": 0})
	wantGauges(t, b, telemetry.RunStatus, map[string]float64{
		"dsqlload.status=running": 0, "dsqlload.status=complete": 0, "dsqlload.status=incomplete": 0, "dsqlload.status=interrupted": 1,
	})
	if beat := gauges(b, telemetry.RunHeartbeat)[""]; beat < seconds(begun) || beat > seconds(time.Now()) {
		t.Errorf("heartbeat %v", beat)
	}
}

// The verdict is sent after the ledger, says how many points that took, and is bounded.
func TestConclude(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	o := options(bench.TelemetryRelay)
	o.Getenv = telemetrytest.Reader("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+b.Address)
	r := &bench.Record{
		Run: bench.Run{ID: o.RunID, Status: bench.Incomplete}, Cost: &bench.Cost{Estimate: &bench.CostSheet{TotalUSD: 0.25}},
		Verdict: &bench.Verdict{Word: bench.Suspect, Reasons: []bench.Reason{{Severity: bench.Suspect, Code: "throttled", Scenario: bench.Batch, Text: "two\nlines"}}},
	}
	sent, err := Conclude(t.Context(), o, r, 0)
	if err != nil || sent != 4+3+1+1+1 {
		t.Fatalf("%d points, %v", sent, err)
	}
	wantGauges(t, b, telemetry.RunVerdict, map[string]float64{"dsqlload.verdict=VALID": 0, "dsqlload.verdict=SUSPECT": 1, "dsqlload.verdict=INVALID": 0})
	wantGauges(t, b, telemetry.RunReason, map[string]float64{`dsqlload.reason=throttled,dsqlload.scenario=batch,dsqlload.severity=SUSPECT,dsqlload.text=two\nlines`: 1})
	wantGauges(t, b, telemetry.RunCost, map[string]float64{"dsqlload.basis=estimate": 0.25})
	r.Verdict.Reasons = nil
	for i := range 50 {
		r.Verdict.Reasons = append(r.Verdict.Reasons, bench.Reason{Severity: bench.Note, Code: fmt.Sprint("code", i), Text: strings.Repeat("é", 1000)})
	}
	r.Cost.Actual = &bench.CostSheet{TotalUSD: 0.5}
	again, err := Conclude(t.Context(), o, r, sent)
	if held := held(b.Points()); err != nil || again != held || again != sent+4+3+maxReasons+2+1 {
		t.Errorf("%d points in all, %v; the collector has %d", again, err, held)
	}
	wantGauges(t, b, telemetry.PointsAfterLedger, map[string]float64{"": float64(again)})
	for labels := range gauges(b, telemetry.RunReason) {
		if n := strings.Count(labels, "é"); n != maxText && n != 0 {
			t.Errorf("a text of %d characters", n)
		}
	}
}

// A collector that doesn't answer is an error, and nothing counts as sent.
func TestConcludeFails(t *testing.T) {
	o := options(bench.TelemetryRelay)
	o.Getenv = telemetrytest.Reader("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	ctx, cancel := context.WithTimeout(t.Context(), telemetrytest.Patience)
	defer cancel()
	if sent, err := Conclude(ctx, o, &bench.Record{}, 3); err == nil || sent != 3 {
		t.Errorf("%d points sent, %v", sent, err)
	}
	o.Getenv = telemetrytest.Reader("OTEL_METRICS_EXPORTER", "none")
	if sent, err := Conclude(ctx, o, &bench.Record{}, 3); err != nil || sent != 3 {
		t.Errorf("without metrics: %d points sent, %v", sent, err)
	}
}

// The last points that count can't count themselves.
func TestUncounted(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	d := driverTo(t, b.Address, nowhere, bench.TelemetryRelay)
	ledger := d.Close(context.Background(), bench.Complete).Points.Driver
	told := telemetrytest.LastOf(t, b.Points(), telemetry.DriverService, "dsqlload.telemetry.points")["dsqlload.fate=accepted,dsqlload.hop=driver"]
	if n := d.Uncounted(); n == 0 || told+n != ledger.Passed || ledger.Passed != held(b.Points()) {
		t.Errorf("%d told and %d not, of %d; the collector has %d", told, n, ledger.Passed, held(b.Points()))
	}
}

// A gauge has no start, where Prometheus would put a 0; a sum has one.
func TestGaugesHaveNoStart(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	d := driverTo(t, b.Address, nowhere, bench.TelemetryRelay)
	d.AwaitFirst(t.Context())
	d.Begin("individual", testPlan(1)).End(time.Second)
	d.Close(t.Context(), bench.Complete)
	gauges, sums := 0, 0
	for _, rm := range b.Points() {
		for _, scope := range rm.ScopeMetrics {
			for _, m := range scope.Metrics {
				for _, p := range m.GetGauge().GetDataPoints() {
					if gauges++; p.StartTimeUnixNano != 0 {
						t.Errorf("%s starts at %d", m.Name, p.StartTimeUnixNano)
					}
				}
				for _, p := range m.GetSum().GetDataPoints() {
					if sums++; p.StartTimeUnixNano == 0 {
						t.Errorf("%s has no start", m.Name)
					}
				}
			}
		}
	}
	if gauges == 0 || sums == 0 {
		t.Errorf("%d points of gauges, %d of sums", gauges, sums)
	}
}
