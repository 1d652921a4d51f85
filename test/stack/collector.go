package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Spans are the collector's counts since its start. They are the same when it has passed on all
// spans that it accepted.
type Spans struct{ Accepted, Sent float64 }

// CollectorSpans returns the counts by the collector's own metrics. A count that it doesn't have
// yet is 0.
func (s *Stack) CollectorSpans(ctx context.Context) (n Spans, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.CollectorMetricsURL, nil)
	if err != nil {
		return n, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return n, err
	}
	defer func() { _ = response.Body.Close() }() // it was read to the end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return n, err
	}
	if response.StatusCode != http.StatusOK {
		return n, fmt.Errorf("%s: %s", response.Status, text)
	}
	for line := range strings.Lines(string(text)) {
		for name, count := range map[string]*float64{"otelcol_receiver_accepted_spans": &n.Accepted, "otelcol_exporter_sent_spans": &n.Sent} {
			if !strings.HasPrefix(line, name) {
				continue
			}
			fields := strings.Fields(line)
			v, err := strconv.ParseFloat(fields[len(fields)-1], 64)
			if err != nil {
				return n, fmt.Errorf("%q: %w", line, err)
			}
			*count += v
		}
	}
	return n, nil
}
