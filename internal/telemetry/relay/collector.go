package relay

import (
	"context"
	"fmt"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
)

// How long the run waits for the collector to pass on what it accepted: settleTime since the
// collector last passed on more, and maxSettle over all.
const (
	settleTime = 5 * time.Second
	maxSettle  = time.Minute
	poll       = 200 * time.Millisecond
)

// handed is how much of this run's telemetry the collector confirmed.
type handed struct{ spans, points int64 }

// custody is the collector's part of the ledger: this run's spans and points, or the reason
// why a part is unknown (nil).
type custody struct {
	spans, points     *bench.Hop
	noSpans, noPoints string
}

// unknownCustody is a custody in which both parts are unknown for the same reason.
func unknownCustody(why string) custody { return custody{noSpans: why, noPoints: why} }

// since returns what the collector did with this run's telemetry since the reading before.
// It waits while the collector still passes on what it accepted. If patient is false, it
// reads once: the run has already waited for the collector in vain.
func (s *scraper) since(ctx context.Context, before counters, of handed, patient bool) custody {
	begun, passed := s.now(), 0.0
	progress := begun             // when passed last grew
	var accepted, after *counters // the first reading after the run, and the last one
	for {
		c, err := s.scrape(ctx, scrapeTime)
		if err != nil && patient && s.now().Sub(progress) < settleTime && ctx.Err() == nil {
			pause(ctx, poll) // the machine may be busy
			continue
		}
		if err != nil {
			return unknownCustody(err.Error())
		}
		if c.restarted(before) || c.taken("spans") < before.taken("spans") {
			return unknownCustody("the collector was restarted during the run, so its counters began again at 0")
		}
		if after = c; accepted == nil {
			accepted = c
		}
		if now := after.handled("spans") + after.handled("metric_points"); now > passed {
			passed, progress = now, s.now()
		}
		settled := after.settled(before, *accepted, "spans") && after.settled(before, *accepted, "metric_points")
		if settled || !patient || s.now().Sub(progress) > settleTime || s.now().Sub(begun) > maxSettle || ctx.Err() != nil {
			break
		}
		pause(ctx, poll)
	}
	var c custody
	c.spans, c.noSpans = hop(before, *accepted, *after, "spans", of.spans)
	c.points, c.noPoints = hop(before, *accepted, *after, "metric_points", of.points)
	return c
}

// overtaking is how many later items the collector may pass on before an earlier one: a batch
// for each consumer of an exporter (num_consumers and max_size in otel-collector/config.yaml).
const overtaking = 4 * 8192

// settled reports whether the collector has passed on or given up all that it had taken by the
// end of the run (accepted), including what it already held before the run. The counters don't
// say whose items were handled, so either the collector is empty, or it has handled so many
// later items that the earlier ones must be among the handled.
func (after counters) settled(before, accepted counters, signal string) bool {
	handled, waited := after.handled(signal)-before.handled(signal), before.waiting(signal)
	rest := accepted.taken(signal) - before.taken(signal) + waited - handled
	empty := handled >= after.taken(signal)-before.taken(signal)+waited
	return rest <= 0 && empty || rest <= -overtaking
}

// waiting is how many items the collector holds.
func (c counters) waiting(signal string) float64 { return max(0, c.taken(signal)-c.handled(signal)) }

// taken is how many items the receivers accepted.
func (c counters) taken(signal string) float64 { return c["otelcol_receiver_accepted_"+signal] }

// handled is how many items left the exporters: sent or given up.
func (c counters) handled(signal string) float64 {
	return c["otelcol_exporter_sent_"+signal] + c["otelcol_exporter_send_failed_"+signal] + c["otelcol_exporter_enqueue_failed_"+signal]
}

// hop returns this run's part of the collector's work. The counters include every client of
// the collector, so this part is known in two cases only: nothing was lost at all, or this run
// was the only client. Otherwise unknown has the reason.
func hop(before, accepted, after counters, signal string, sent int64) (h *bench.Hop, unknown string) {
	took := int64(accepted.taken(signal) - before.taken(signal))
	failed := func(name string) int64 { return int64(after[name+signal] - before[name+signal]) }
	left := accepted.taken(signal) - before.taken(signal) + before.waiting(signal) - (after.handled(signal) - before.handled(signal))
	h = &bench.Hop{Received: sent}
	h.Drop("send_failed", failed("otelcol_exporter_send_failed_"))
	h.Drop("enqueue_failed", failed("otelcol_exporter_enqueue_failed_"))
	h.Drop("still_queued", int64(max(0, left)))
	h.Passed = sent - h.Lost()
	alone := before.waiting(signal) == 0 && int64(after.taken(signal)-before.taken(signal)) == sent
	items := strings.ReplaceAll(signal, "_", " ")
	switch {
	case took < sent:
		return nil, fmt.Sprintf("the collector's counters show %d %s taken, fewer than the %d that it confirmed", took, items, sent)
	case h.Lost() > sent && alone: // several exporters lost the same item
		return nil, fmt.Sprintf("the collector's counters show %d %s lost, more than the %d that it took", h.Lost(), items, sent)
	case h.Lost() > 0 && !alone:
		return nil, fmt.Sprintf("%d %s of several runs were lost in the collector or wait there, and it doesn't count them by run", h.Lost(), items)
	}
	return h, ""
}

// restarted reports whether the collector was restarted since the reading before: then its
// start time has moved by more than its earlier uptime, give or take the time of a reading.
func (after counters) restarted(before counters) bool {
	up, known := before[uptime]
	_, still := after[uptime]
	return known && still && after[startTime]-before[startTime] > up/2
}
