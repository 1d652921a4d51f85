package telemetry

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
	endpoint := Endpoint(getenv)
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

// readCounters sums the otelcol_ samples of Prometheus' text format by name,
// without the suffix _total that some versions add.
func readCounters(text io.Reader) (counters, error) {
	c := counters{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, "otelcol_") {
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

// since is the collector's account from before to now. It waits for what was
// accepted to be passed on, as long as that goes on; not at all when it isn't
// patient, since the run has waited in vain for the collector before.
func (before *counters) since(ctx context.Context, address string, patient bool) (spans, points *bench.Hop) {
	begun, progress, passed := time.Now(), time.Now(), int64(0)
	for {
		after, err := scrape(ctx, address, scrapeTime)
		if err != nil && patient && time.Since(progress) < settleTime && ctx.Err() == nil {
			time.Sleep(poll) // a busy machine
			continue
		}
		if err != nil || after.restarted(*before) {
			return nil, nil // it is gone, or its counters began again
		}
		spans, points = after.hop(*before, "spans"), after.hop(*before, "metric_points")
		settled := spans.Balanced() && points.Balanced()
		if spans.Received < 0 || points.Received < 0 {
			return nil, nil // it restarted and doesn't tell its uptime
		}
		if now := spans.Passed + points.Passed; now > passed {
			passed, progress = now, time.Now()
		}
		if settled || !patient || time.Since(progress) > settleTime || time.Since(begun) > maxSettle || ctx.Err() != nil {
			break
		}
		time.Sleep(poll)
	}
	wait(spans)
	wait(points)
	return spans, points
}

// restarted reports whether the collector began anew since before: its start is
// later by all of its uptime then.
func (after counters) restarted(before counters) bool {
	up, told := before[uptime]
	_, tells := after[uptime]
	return told && tells && after[startTime]-before[startTime] > up/2
}

// wait counts what the collector still holds.
func wait(h *bench.Hop) {
	rest := h.Received + h.Produced - h.Passed - h.Lost()
	if rest > 0 {
		h.Drop("still_queued", rest)
	} else {
		h.Passed += rest // what others had sent before was passed on meanwhile
	}
}

// hop is the difference of two readings. The collector's exporters count a
// batch that its queue or retries gave up as failed.
func (after counters) hop(before counters, what string) *bench.Hop {
	d := func(name string) int64 { return int64(after[name+what] - before[name+what]) }
	h := &bench.Hop{
		Received: d("otelcol_receiver_accepted_"),
		Passed:   d("otelcol_exporter_sent_"),
	}
	h.Drop("send_failed", d("otelcol_exporter_send_failed_"))
	h.Drop("enqueue_failed", d("otelcol_exporter_enqueue_failed_"))
	return h
}
