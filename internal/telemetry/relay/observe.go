package relay

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// observe reads the polled metrics at each collection.
func (m *pointRelay) observe(tell tell) {
	spans, queued := m.spans.state() // takes its own lock
	m.mu.Lock()
	defer m.mu.Unlock()
	tell(telemetry.SpansQueued, float64(queued))
	tell(telemetry.RunStart, seconds(m.options.Start))
	tell(telemetry.SlowThreshold, m.options.Slow.Seconds())
	if m.ended.IsZero() {
		tell(telemetry.RunInfo, 1, telemetry.KeyTarget.String(string(m.options.Target)))
	} else {
		tell(telemetry.RunEnd, seconds(m.ended))
	}
	for _, t := range m.scenarios {
		scenario := telemetry.KeyScenario.String(t.name)
		took := t.took
		if took == 0 {
			took = m.now().Sub(t.start)
		}
		tell(telemetry.ScenarioDuration, took.Seconds(), scenario)
		tell(telemetry.PlannedRows, float64(t.rows), scenario)
	}
	tell.ledger(telemetry.LedgerSpans, spans.ledger(), spans.accepted)
	tell.ledger(telemetry.LedgerPoints, bench.Ledger{Lambda: m.lambda, Driver: m.made}, m.direct)
}

// tell gives a polled metric's value to the collection.
type tell func(id telemetry.MetricID, value float64, attributes ...attribute.KeyValue)

// ledger tells one series for each fate and reason. direct is what the collector took
// from the Lambda itself.
func (t tell) ledger(id telemetry.MetricID, l bench.Ledger, direct int64) {
	for name, hop := range map[string]*bench.Hop{"lambda": &l.Lambda, "driver": &l.Driver} {
		at := func(fate, reason string, n int64) {
			attributes := []attribute.KeyValue{telemetry.KeyHop.String(name), telemetry.KeyFate.String(fate)}
			if reason != "" {
				attributes = append(attributes, telemetry.KeyReason.String(reason))
			}
			t(id, float64(n), attributes...)
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
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
