package screen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/figure"
)

const (
	margin   = 12 // width of the column of names
	wideBar  = 28
	smallBar = 12
)

// bar shows a part: its name, a bar with the share that is done, and details, in one line or,
// on a narrow terminal, in two.
func bar(p palette, part *Part, width int) []line {
	rank := map[Stage]int{Waiting: outlook, Running: vital, Done: history}[part.Stage]
	columns, unit, narrow := smallBar, "/s", width < 72
	switch {
	case narrow:
		columns = max(4, width-margin-6)
	case width >= 96:
		columns, unit = wideBar, " rows/s"
	}
	share := percent(part.rows(), part.Planned)
	text := fmt.Sprintf("%-*s%s %3d %%", margin, part.Name, gauge(p, part, columns, share), share)
	if narrow {
		if part.Stage == Waiting {
			return []line{{text, rank}}
		}
		return append([]line{{text, rank}, {"  " + detail(p, part, unit), max(rank, useful)}}, failures(p, part)...)
	}
	return append([]line{{text + "  " + detail(p, part, unit), rank}}, failures(p, part)...)
}

// failures shows the kinds of errors of a finished part.
func failures(p palette, part *Part) []line {
	if part.Stage != Done || len(part.Errors) == 0 {
		return nil
	}
	return []line{{label(p, "  errors") + someKinds(part.Errors, figure.Count), history}}
}

// gauge draws the bar in columns characters. share is what is done, in percent.
func gauge(p palette, part *Part, columns int, share int64) string {
	full := int(share) * columns / 100
	style := p.good
	if total(part.Errors) > 0 {
		style = p.odd
	}
	return style.Render(strings.Repeat("█", full)) + p.faint.Render(strings.Repeat("░", columns-full))
}

// detail returns the text beside or under a bar. rate is the unit of throughput.
func detail(p palette, part *Part, rate string) string {
	switch part.Stage {
	case Waiting:
		return p.faint.Render(figure.Count(part.Planned) + " rows")
	case Running:
		text := figure.Count(part.Written) + " of " + figure.Count(part.Planned) + " rows"
		if left, ok := part.left(); ok {
			text += ", " + clock(left) + " left"
		}
		return text
	}
	text := figure.Count(part.Acknowledged) + " rows"
	if n := total(part.Errors); n > 0 {
		text += ", " + p.bad.Render(figure.Count(n)+" errors")
	}
	if mean, ok := part.mean(); ok {
		text += ", " + perSecond(mean) + rate
	}
	if part.Total.Samples > 0 {
		text += ", p99 " + short(part.Total.P99)
	}
	return text
}

// figures shows the numbers of the running part.
func figures(p palette, part *Part) []line {
	errorRank := telling
	if total(part.Errors) > 0 {
		errorRank = useful
	}
	return []line{
		{label(p, "rows/s") + rates(part), useful},
		{label(p, "latency") + latencies(part.Latency), telling},
		{label(p, "in flight") + flight(part), telling},
		{label(p, "errors") + told(part, count(p.bad, part.Errors, " rows")), errorRank},
		{label(p, "retries") + told(part, count(p.odd, part.Retries, "")), nice},
		{label(p, "throttled") + count(p.odd, part.Throttles, ""), nice},
	}
}

// label returns a line's name in the column of names.
func label(p palette, name string) string { return p.faint.Render(fmt.Sprintf("%-*s", margin, name)) }

// unheard stands for a figure that is only known from what invocations tell.
const unheard = "n/a until an invocation tells something"

// told returns a figure that is known from what invocations tell, or that none has told anything.
func told(part *Part, figure string) string {
	if !part.heard() {
		return unheard
	}
	return figure
}

// rates returns the throughput of now, as far as it is known, and the mean.
func rates(part *Part) string {
	mean, ok := part.mean()
	if !ok {
		return unheard
	}
	text := perSecond(mean) + " mean"
	if part.Window > 0 {
		text = perSecond(float64(part.Recent)/part.Window.Seconds()) + " now, " + text
	}
	return text
}

func latencies(l Percentiles) string {
	if l.Samples == 0 {
		return unheard
	}
	return fmt.Sprintf("p50 %s, p99 %s of the last %d s reported", short(l.P50), short(l.P99), WindowSeconds)
}

// flight returns the invocations in flight, and how many have ended.
func flight(part *Part) string {
	text := figure.Count(int64(part.InFlight))
	if part.Limit > 0 {
		text += " of " + figure.Count(int64(part.Limit))
	}
	return text + fmt.Sprintf(", %s of %s invocations ended", figure.Count(int64(part.Ended)), figure.Count(int64(part.Invocations)))
}

// count returns the sum of counts with its unit, such as " rows", and its kinds.
func count(style interface{ Render(...string) string }, counts map[string]int64, unit string) string {
	n := total(counts)
	if n == 0 {
		return "0"
	}
	if len(counts) == 1 {
		return style.Render(figure.Count(n)+unit) + ", all " + kind(slices.Collect(maps.Keys(counts))[0])
	}
	return style.Render(figure.Count(n)+unit) + ": " + strings.Join(named(counts, figure.Count), ", ")
}

func telemetry(p palette, t Telemetry) line {
	text := label(p, "telemetry")
	if t.Off != "" {
		return line{text + "off: " + t.Off, nice}
	}
	spans := figure.Count(t.Sent) + " spans sent, " + figure.Count(t.Waiting) + " waiting, "
	dropped := figure.Count(t.Dropped) + " dropped"
	if t.Dropped > 0 {
		dropped = p.bad.Render(dropped)
	}
	text += spans + dropped
	if t.NotKept > 0 {
		text += ", " + figure.Count(t.NotKept) + " not kept"
	}
	if t.Problem != "" {
		return line{text + "; " + p.odd.Render(t.Problem), nice}
	}
	return line{text + ", to " + t.Endpoint, nice}
}
