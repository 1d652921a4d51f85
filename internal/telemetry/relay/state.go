package relay

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/telemetry"
)

const (
	maxReasons = 20  // of a verdict that are sent; each is a series
	maxText    = 300 // characters of a reason's text
)

// status reports which of the statuses the run has.
func (report reportFunc) status(now bench.Status) {
	for _, s := range []bench.Status{bench.Running, bench.Complete, bench.Incomplete, bench.Interrupted} {
		report(telemetry.RunStatus, one(s == now), telemetry.KeyStatus.String(string(s)))
	}
}

// first notes that the collector has taken the driver's points. m.mu is held.
func (m *pointRelay) first() {
	select {
	case <-m.known:
	default:
		close(m.known)
	}
}

// AwaitFirst returns when the collector has taken the run's first points, so that a dashboard
// can know the run, or when ctx ends. A nil Driver has nothing to wait for.
func (d *Driver) AwaitFirst(ctx context.Context) {
	if d == nil || d.off.Metrics {
		return
	}
	select {
	case <-d.points.known:
	case <-ctx.Done():
	}
}

// Uncounted returns how many points the collector took after those that count the points: the
// last ones that count. It is final after Close.
func (d *Driver) Uncounted() int64 {
	d.points.mu.Lock()
	defer d.points.mu.Unlock()
	return d.points.uncounted
}

// Conclude sends the status, the verdict with its reasons, and the cost of a run whose results
// are complete. The verdict judges the ledger, so Conclude comes after Close, and its points are
// in no ledger; dsqlload.telemetry.after_ledger counts them. before is Uncounted for the first
// call, then what the call before returned: how many points were sent since the last ones that
// count.
func Conclude(ctx context.Context, o Options, r *bench.Record, before int64) (sent int64, err error) {
	if telemetry.Exported(o.Getenv).Others().Metrics {
		return before, nil
	}
	c := conclusion{now: metricdata.DataPoint[float64]{Time: o.Now()}, gauges: map[telemetry.MetricID]*metricdata.Gauge[float64]{}}
	reportFunc(c.add).conclusion(r)
	sent = before + c.points + 1
	c.add(telemetry.PointsAfterLedger, float64(sent))
	message := &metricdata.ResourceMetrics{Resource: driverResource(o.Getenv, r.Run.ID), ScopeMetrics: []metricdata.ScopeMetrics{c.scope()}}
	if err := telemetry.Send(ctx, o.Getenv, message); err != nil {
		return before, err
	}
	return sent, nil
}

// conclusion reports what Conclude sends.
func (report reportFunc) conclusion(r *bench.Record) {
	report.status(r.Run.Status)
	if v := r.Verdict; v != nil {
		for _, word := range []bench.Word{bench.Valid, bench.Suspect, bench.Invalid} {
			report(telemetry.RunVerdict, one(word == v.Word), telemetry.KeyVerdict.String(string(word)))
		}
		for i, reason := range v.Reasons[:min(len(v.Reasons), maxReasons)] {
			report(telemetry.RunReason, float64(i+1), reasonAttributes(reason)...)
		}
	}
	if c := r.Cost; c != nil {
		for basis, sheet := range map[string]*bench.CostSheet{"actual": c.Actual, "estimate": c.Estimate} {
			if sheet != nil {
				report(telemetry.RunCost, sheet.TotalUSD, telemetry.KeyBasis.String(basis))
			}
		}
	}
}

func reasonAttributes(r bench.Reason) []attribute.KeyValue {
	text := []rune(quote.Line(r.Text))
	all := []attribute.KeyValue{
		telemetry.KeySeverity.String(string(r.Severity)), telemetry.KeyReason.String(r.Code),
		telemetry.KeyText.String(string(text[:min(len(text), maxText)])),
	}
	if r.Scenario != "" {
		all = append(all, telemetry.KeyScenario.String(string(r.Scenario)))
	}
	return all
}

// conclusion collects points of the same time.
type conclusion struct {
	now    metricdata.DataPoint[float64]
	gauges map[telemetry.MetricID]*metricdata.Gauge[float64]
	points int64
}

func (c *conclusion) add(id telemetry.MetricID, value float64, attributes ...attribute.KeyValue) {
	if c.gauges[id] == nil {
		c.gauges[id] = &metricdata.Gauge[float64]{}
	}
	p := c.now
	p.Value, p.Attributes = value, attribute.NewSet(attributes...)
	c.gauges[id].DataPoints = append(c.gauges[id].DataPoints, p)
	c.points++
}

func (c *conclusion) scope() metricdata.ScopeMetrics {
	s := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: telemetry.ScopeName, Version: telemetry.Version()}}
	for id, gauge := range c.gauges {
		m := telemetry.Metrics()[id]
		s.Metrics = append(s.Metrics, metricdata.Metrics{Name: m.Name, Unit: m.Unit, Description: m.Description, Data: *gauge})
	}
	return s
}
