package relay

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// observe reports the polled metrics. The SDK calls it at each collection.
func (m *pointRelay) observe(report reportFunc) {
	spans, queued := m.spans.state() // takes its own lock
	figures := m.figures()           // takes the locks of the sums
	m.mu.Lock()
	defer m.mu.Unlock()
	m.medians()
	report(telemetry.SpansQueued, float64(queued))
	report(telemetry.RunStart, seconds(m.options.Start))
	report.status(m.status)
	report(telemetry.RunHeartbeat, seconds(m.now()))
	if m.ended.IsZero() {
		report(telemetry.RunInfo, 1, telemetry.KeyTarget.String(string(m.options.Target)))
	} else {
		report(telemetry.RunEnd, seconds(m.ended))
	}
	for _, t := range m.scenarios {
		scenario := telemetry.KeyScenario.String(t.name)
		took := t.took
		if took == 0 {
			took = m.now().Sub(t.start)
		}
		report(telemetry.ScenarioDuration, took.Seconds(), scenario)
		report(telemetry.PlannedRows, float64(t.rows), scenario)
		if t.slow != nil && (t.slowUs > 0 || !m.options.Slow.Auto()) {
			report(telemetry.SlowThreshold, float64(m.slowUs(t))/1e6, scenario)
		}
		if f, ok := figures[t]; ok {
			report.figures(f, scenario)
			if end, ok := f.expectedEnd(t.start, took); ok && t.took == 0 {
				report(telemetry.ScenarioExpectedEnd, seconds(end), scenario)
			}
		}
	}
	report.ledger(telemetry.LedgerSpans, spans.ledger(), spans.accepted)
	report.ledger(telemetry.LedgerPoints, bench.Ledger{Lambda: m.lambda, Driver: m.made}, m.direct)
}

// reportFunc reports the value of a polled metric.
type reportFunc func(id telemetry.MetricID, value float64, attributes ...attribute.KeyValue)

// ledger reports one series for each fate and reason. direct is how much the collector took from
// the function itself.
func (report reportFunc) ledger(id telemetry.MetricID, l bench.Ledger, direct int64) {
	for name, hop := range map[string]*bench.Hop{"lambda": &l.Lambda, "driver": &l.Driver} {
		at := func(fate, reason string, n int64) {
			attributes := []attribute.KeyValue{telemetry.KeyHop.String(name), telemetry.KeyFate.String(fate)}
			if reason != "" {
				attributes = append(attributes, telemetry.KeyReason.String(reason))
			}
			report(id, float64(n), attributes...)
		}
		at("produced", "", hop.Produced)
		if name == "driver" {
			at("accepted", "", hop.Passed)
		} else {
			at("relayed", "", hop.Passed-direct)
			at("accepted", "", direct)
		}
		at("refused", "", hop.Refused)
		for reason, n := range hop.Dropped {
			at("dropped", reason, n)
		}
		if name == "lambda" && l.NotKept > 0 {
			at("not_kept", "", l.NotKept)
		}
	}
}

// seconds returns t in seconds since 1970.
func seconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
