package relay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// The collector has settleTime to pass on more of what it accepted, and
// maxSettle for all of it. It has scrapeTime to tell its counters, before the run
// twice firstScrapeTime.
const (
	scrapeTime      = time.Second
	firstScrapeTime = 1500 * time.Millisecond
	settleTime      = 5 * time.Second
	maxSettle       = time.Minute
	poll            = 200 * time.Millisecond
)

// counters are a collector's own, summed over its receivers and exporters, and
// its start when it tells its uptime.
type counters map[string]float64

const (
	uptime    = "otelcol_process_uptime" // seconds
	startTime = "start_time"             // seconds since 1970, later by the time that reading took
)

// CollectorMetricsVariable is the environment variable with the collector's
// address for its own counters.
const CollectorMetricsVariable = "DSQLLOAD_COLLECTOR_METRICS_URL"

// CollectorMetricsURL is where the collector tells its own counters: port 8888
// of the host that takes the telemetry, unless CollectorMetricsVariable says
// otherwise.
func CollectorMetricsURL(getenv func(string) string) string {
	if u := getenv(CollectorMetricsVariable); u != "" {
		return u
	}
	endpoint := telemetry.EndpointAsSet(getenv)
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		endpoint = u.Host
	}
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		host = endpoint
	}
	return "http://" + net.JoinHostPort(host, "8888") + "/metrics"
}

// firstScrape is the reading that decides for the whole run whether there is an
// account of the collector, so one that is silent, a busy one perhaps, is asked
// twice, within limit each time. It is nil when there is none.
func firstScrape(ctx context.Context, address string, limit time.Duration) *counters {
	c, err := scrape(ctx, address, limit)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		c, err = scrape(ctx, address, limit)
	}
	if err != nil {
		return nil
	}
	return c
}

// scrape reads the counters that the ledger needs, within limit.
func scrape(ctx context.Context, address string, limit time.Duration) (*counters, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("the collector's counters: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the collector's counters: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was read to the end
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the collector's counters: %s", response.Status)
	}
	c, err := readCounters(response.Body)
	if err != nil {
		return nil, fmt.Errorf("the collector's counters: %w", err)
	}
	if len(c) == 0 {
		return nil, errors.New("the collector's counters: none")
	}
	if up, ok := c[uptime]; ok {
		c[startTime] = seconds(time.Now()) - up
	}
	return &c, nil
}

// countsExporter sends what the collector counts of the runs (its configuration,
// otel-collector/config.yaml): points that no run sent.
const countsExporter = `exporter="otlp_http/counts"`

// readCounters sums the otelcol_ samples of Prometheus' text format by name,
// without the suffix _total that some versions add.
func readCounters(text io.Reader) (counters, error) {
	c := counters{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, "otelcol_") || strings.Contains(line, countsExporter) {
			continue
		}
		name, _, _ := strings.Cut(line, "{")
		fields := strings.Fields(line[strings.LastIndex(line, "}")+1:])
		if len(fields) == 0 {
			continue
		}
		if !strings.Contains(line, "{") {
			name, fields = fields[0], fields[1:]
		}
		if len(fields) == 0 {
			continue
		}
		if v, err := strconv.ParseFloat(fields[0], 64); err == nil {
			c[strings.TrimSuffix(name, "_total")] += v
		}
	}
	return c, lines.Err()
}

// handed is what the collector confirmed to have taken of this run.
type handed struct{ spans, points int64 }

// custody is what became of this run's spans and points in the collector, and
// why that is unknown where it is nil.
type custody struct {
	spans, points     *bench.Hop
	noSpans, noPoints string
}

// unknownCustody is a custody of which nothing is known.
func unknownCustody(why string) custody { return custody{noSpans: why, noPoints: why} }

// since tells what the collector did from before to now with what this run
// handed to it. It waits until all that it had accepted is passed on, as long as
// that goes on; not at all when it isn't patient, since the run has waited in
// vain for the collector before.
func (before *counters) since(ctx context.Context, address string, of handed, patient bool) custody {
	begun, progress, passed := time.Now(), time.Now(), 0.0
	var accepted, after *counters // at the end of the run, and later
	for {
		c, err := scrape(ctx, address, scrapeTime)
		if err != nil && patient && time.Since(progress) < settleTime && ctx.Err() == nil {
			pause(ctx, poll) // a busy machine
			continue
		}
		if err != nil {
			return unknownCustody(err.Error())
		}
		if c.restarted(*before) || c.taken("spans") < before.taken("spans") {
			return unknownCustody("the collector was started anew during the run, and its counters with it")
		}
		if after = c; accepted == nil {
			accepted = c
		}
		if now := after.handled("spans") + after.handled("metric_points"); now > passed {
			passed, progress = now, time.Now()
		}
		settled := after.settled(*before, *accepted, "spans") && after.settled(*before, *accepted, "metric_points")
		if settled || !patient || time.Since(progress) > settleTime || time.Since(begun) > maxSettle || ctx.Err() != nil {
			break
		}
		pause(ctx, poll)
	}
	var c custody
	c.spans, c.noSpans = hop(*before, *accepted, *after, "spans", of.spans)
	c.points, c.noPoints = hop(*before, *accepted, *after, "metric_points", of.points)
	return c
}

// overtaking is how much of what came later the collector may pass on before what
// came earlier: a batch in the hands of each of an exporter's consumers
// (otel-collector/config.yaml: num_consumers, max_size).
const overtaking = 4 * 8192

// settled reports whether all that the collector had taken at the run's end is
// passed on or given up, what waited in it before the run included.
func (after counters) settled(before, accepted counters, what string) bool {
	handled, waited := after.handled(what)-before.handled(what), before.waiting(what)
	rest := accepted.taken(what) - before.taken(what) + waited - handled
	empty := handled >= after.taken(what)-before.taken(what)+waited
	return rest <= 0 && empty || rest <= -overtaking
}

// waiting is what the collector holds.
func (c counters) waiting(what string) float64 { return max(0, c.taken(what)-c.handled(what)) }

// taken is what the receivers accepted; handled is what left the exporters.
func (c counters) taken(what string) float64 { return c["otelcol_receiver_accepted_"+what] }

func (c counters) handled(what string) float64 {
	return c["otelcol_exporter_sent_"+what] + c["otelcol_exporter_send_failed_"+what] + c["otelcol_exporter_enqueue_failed_"+what]
}

// hop is this run's part of what the collector did. Its counters are those of all
// that send to it. So this run's part is known in two cases: nothing was lost of
// anybody, or this run was the only one. Otherwise unknown says why not.
func hop(before, accepted, after counters, what string, sent int64) (h *bench.Hop, unknown string) {
	took := int64(accepted.taken(what) - before.taken(what))
	failed := func(name string) int64 { return int64(after[name+what] - before[name+what]) }
	left := accepted.taken(what) - before.taken(what) + before.waiting(what) - (after.handled(what) - before.handled(what))
	h = &bench.Hop{Received: sent}
	h.Drop("send_failed", failed("otelcol_exporter_send_failed_"))
	h.Drop("enqueue_failed", failed("otelcol_exporter_enqueue_failed_"))
	h.Drop("still_queued", int64(max(0, left)))
	h.Passed = sent - h.Lost()
	alone := before.waiting(what) == 0 && int64(after.taken(what)-before.taken(what)) == sent
	switch {
	case took < sent:
		return nil, fmt.Sprintf("the collector's counters show %d %s taken, fewer than the %d that it confirmed", took, inWords(what), sent)
	case h.Lost() > sent && alone: // several exporters lost the same
		return nil, fmt.Sprintf("the collector's counters show %d %s lost, more than the %d that it took", h.Lost(), inWords(what), sent)
	case h.Lost() > 0 && !alone:
		return nil, fmt.Sprintf("%d %s of several runs were lost in the collector or wait there, and it doesn't tell whose", h.Lost(), inWords(what))
	}
	return h, ""
}

// inWords is what the ledger calls what a counter counts.
func inWords(what string) string { return strings.ReplaceAll(what, "_", " ") }

// restarted reports whether the collector began anew since before: its start is
// later by all of its uptime then.
func (after counters) restarted(before counters) bool {
	up, known := before[uptime]
	_, still := after[uptime]
	return known && still && after[startTime]-before[startTime] > up/2
}
