package telemetry

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// spanLedger is the account of spans so far, and how many wait.
func (d *Driver) spanLedger() (bench.Ledger, int64) {
	d.mu.Lock()
	lambda := copyOf(d.lambda)
	d.mu.Unlock()
	d.relay.mu.Lock()
	defer d.relay.mu.Unlock()
	return bench.Ledger{Lambda: lambda, Driver: copyOf(d.spanHop)}, d.relay.queued
}

func copyOf(h bench.Hop) bench.Hop {
	h.Dropped = maps.Clone(h.Dropped)
	return h
}

// account closes the books. Everything must have been drained.
func (d *Driver) account(ctx context.Context) bench.Telemetry {
	t := bench.Telemetry{Mode: d.options.Mode, Endpoint: Endpoint(d.options.Getenv), UnreportedInvocations: d.unknown, DroppedRows: d.rows + d.relay.lostRows, ResentRows: d.resent + d.relay.resentRows}
	t.Spans, _ = d.spanLedger()
	d.metrics.mu.Lock()
	t.Points = bench.Ledger{Lambda: copyOf(d.metrics.lambda), Driver: copyOf(d.metrics.made)}
	t.LatePoints = d.metrics.set.late
	d.metrics.mu.Unlock()
	d.accountCollector(ctx, &t)
	for _, hop := range []*bench.Hop{&t.Spans.Lambda, &t.Spans.Driver, &t.Points.Lambda, &t.Points.Driver, t.Spans.Collector, t.Points.Collector} {
		if hop != nil && hop.Dropped == nil {
			hop.Dropped = map[string]int64{} // {} in JSON, not null
		}
	}
	t.Problem = problem(&t)
	t.OK = t.Problem == ""
	return t
}

// accountCollector adds what the collector did.
func (d *Driver) accountCollector(ctx context.Context, t *bench.Telemetry) {
	c := custody{unknown: "the collector's counters could not be read before the run"}
	if d.before != nil {
		of := handed{spans: t.Spans.Driver.Passed + d.accepted, points: t.Points.Driver.Passed + d.metrics.direct}
		c = d.before.since(ctx, CollectorMetricsURL(d.options.Getenv), of, t.Spans.Driver.Lost() == 0)
	}
	t.Spans.Collector, t.Points.Collector = c.spans, c.points
	for _, l := range []*bench.Ledger{&t.Spans, &t.Points} {
		if l.Collector == nil {
			l.Unknown = c.unknown
		}
	}
}

// problem says what was lost, and where.
func problem(t *bench.Telemetry) string {
	var lost []string
	add := func(what, hop string, h *bench.Hop) {
		if h == nil {
			return
		}
		if !h.Balanced() {
			lost = append(lost, fmt.Sprintf("the account of %s at the %s doesn't balance: %+v", what, hop, *h))
		}
		if h.Refused > 0 {
			lost = append(lost, fmt.Sprintf("%d %s refused by what comes after the %s", h.Refused, what, hop))
		}
		for _, reason := range slices.Sorted(maps.Keys(h.Dropped)) {
			if reason == reasonSuperseded {
				continue // a later point of the same series holds it
			}
			lost = append(lost, fmt.Sprintf("%d %s dropped at the %s: %s", h.Dropped[reason], what, hop, reason))
		}
	}
	add("spans", "lambda", &t.Spans.Lambda)
	add("spans", "driver", &t.Spans.Driver)
	add("spans", "collector", t.Spans.Collector)
	add("points", "lambda", &t.Points.Lambda)
	add("points", "driver", &t.Points.Driver)
	add("points", "collector", t.Points.Collector)
	if t.UnreportedInvocations > 0 {
		lost = append(lost, fmt.Sprintf("%d invocations ended without an answer, and so without telemetry", t.UnreportedInvocations))
	}
	return strings.Join(lost, "; ")
}
