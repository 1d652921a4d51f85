package stack

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Spans are the collector's counts since its start. They are the same when it has passed on all
// spans that it accepted.
type Spans struct{ Accepted, Sent float64 }

// CollectorSpans returns the counts by the collector's own metrics. A count that it doesn't have
// yet is 0.
func (s *Stack) CollectorSpans(ctx context.Context) (n Spans, err error) {
	err = get(ctx, s.CollectorMetricsURL, nil, func(text []byte) error {
		for line := range strings.Lines(string(text)) {
			if err := n.add(line); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// add adds a sample of Prometheus' text format, if it is one of the counts.
func (n *Spans) add(line string) error {
	for name, count := range map[string]*float64{"otelcol_receiver_accepted_spans": &n.Accepted, "otelcol_exporter_sent_spans": &n.Sent} {
		if !strings.HasPrefix(line, name) {
			continue
		}
		fields := strings.Fields(line)
		v, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		*count += v
	}
	return nil
}
