package screen

import (
	"fmt"
	"time"
)

// Line returns one line about a part that runs, or how it ended.
func Line(p Part) string {
	text := p.Name + ": "
	if p.Stage == Done {
		text += fmt.Sprintf("done in %.1f s, ", p.Elapsed.Seconds())
	}
	rows := p.Written
	latency := p.Latency
	if p.Stage == Done {
		rows, latency = p.Acknowledged, p.Total
	}
	text += fmt.Sprintf("%d/%d invocations, %d rows", p.Ended, p.Invocations, rows)
	if rate, ok := p.mean(); ok {
		text += fmt.Sprintf(", %.0f rows/s", rate)
	}
	if latency.Samples > 0 {
		text += fmt.Sprintf(", p99 %s", short(latency.P99))
	}
	text += fmt.Sprintf(", %d errors", total(p.Errors))
	if len(p.Errors) > 0 {
		text += ": " + someKinds(p.Errors, plain)
	}
	for _, c := range []struct {
		name   string
		counts []Count
	}{{"retries", p.Retries}, {"throttles", p.Throttles}} {
		if n := total(c.counts); n > 0 {
			text += fmt.Sprintf(", %d %s", n, c.name)
		}
	}
	if left, ok := p.left(); ok {
		text += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	return text
}
