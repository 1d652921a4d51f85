package screen

import (
	"fmt"
	"time"
)

// Line returns one line about a part that runs, or how it ended.
func Line(p Part) string {
	text, latency := p.Name+": ", p.Latency
	if p.Stage == Done {
		text += fmt.Sprintf("done in %.1f s, ", p.Elapsed.Seconds())
		latency = p.Total
	}
	text += fmt.Sprintf("%d/%d invocations, %d rows", p.Ended, p.Invocations, p.rows())
	if rate, ok := p.mean(); ok {
		text += fmt.Sprintf(", %.0f rows/s", rate)
	}
	if latency.Samples > 0 {
		text += fmt.Sprintf(", p99 %s", short(latency.P99))
	}
	if p.heard() || p.Stage == Done {
		text += fmt.Sprintf(", %d errors", total(p.Errors))
	} else {
		text += ", errors n/a"
	}
	if len(p.Errors) > 0 {
		text += ": " + someKinds(p.Errors, plain)
	}
	if n := total(p.Retries); n > 0 {
		text += fmt.Sprintf(", %d retries", n)
	}
	if n := total(p.Throttles); n > 0 {
		text += fmt.Sprintf(", %d throttles", n)
	}
	if left, ok := p.left(); ok {
		text += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	return text
}
