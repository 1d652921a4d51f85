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

	"dsql-load-test/internal/telemetry"
)

// The time limits of one reading of the collector's counters. The first reading decides for
// the whole run, so it has more time.
const (
	scrapeTime      = time.Second
	firstScrapeTime = 1500 * time.Millisecond
)

// counters are the collector's own counters, summed over its receivers and exporters, and its
// start time if it reports its uptime.
type counters map[string]float64

const (
	uptime    = "otelcol_process_uptime" // seconds
	startTime = "start_time"             // seconds since 1970; too late by the duration of the reading
)

// countersURL returns the URL of the collector's own counters.
func (o *Options) countersURL() string {
	if o.CollectorMetricsURL != "" {
		return o.CollectorMetricsURL
	}
	endpoint := telemetry.EndpointAsSet(o.Getenv)
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		endpoint = u.Host
	}
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		host = endpoint
	}
	return "http://" + net.JoinHostPort(host, "8888") + "/metrics"
}

// scraper reads the counters of the collector.
type scraper struct {
	address string
	http    http.Client
	now     func() time.Time
}

func newScraper(address string, now func() time.Time) *scraper {
	return &scraper{address: address, http: http.Client{Timeout: maxSettle}, now: now}
}

// first reads the counters before the run. It tries twice, because a busy collector may
// need longer than limit once. It returns nil if there are none.
func (s *scraper) first(ctx context.Context, limit time.Duration) *counters {
	c, err := s.scrape(ctx, limit)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		c, err = s.scrape(ctx, limit)
	}
	if err != nil {
		return nil
	}
	return c
}

// scrape reads the counters within limit.
func (s *scraper) scrape(ctx context.Context, limit time.Duration) (*counters, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := s.get(ctx)
	if err == nil && len(c) == 0 {
		err = errors.New("none")
	}
	if err != nil {
		return nil, fmt.Errorf("the collector's counters: %w", err)
	}
	if up, ok := c[uptime]; ok {
		c[startTime] = seconds(s.now()) - up
	}
	return &c, nil
}

func (s *scraper) get(ctx context.Context) (counters, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address, nil)
	if err != nil {
		return nil, err
	}
	response, err := s.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was read to the end
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	return readCounters(response.Body)
}

// countsExporter is the exporter of the collector's own counts (otel-collector/config.yaml).
// Its samples are left out, because no run sent these points.
const countsExporter = `exporter="otlp_http/counts"`

// readCounters sums the otelcol_ samples of Prometheus' text format by name. Some versions
// of the collector add the suffix _total to a name, which is cut off.
func readCounters(text io.Reader) (counters, error) {
	c := counters{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, "otelcol_") || strings.Contains(line, countsExporter) {
			continue
		}
		end := strings.IndexAny(line, "{ \t")
		fields := strings.Fields(line[max(end, strings.LastIndex(line, "}")+1):])
		if end < 0 || len(fields) == 0 {
			continue
		}
		if v, err := strconv.ParseFloat(fields[0], 64); err == nil {
			c[strings.TrimSuffix(line[:end], "_total")] += v
		}
	}
	return c, lines.Err()
}
