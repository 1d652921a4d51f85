package html

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
)

// seconded is a scenario's time axis. Second 0 begins at StartedAt, cut to the whole second.
// The value of a second is drawn in its middle.
type seconded struct {
	s      *bench.Summary
	prefix string // of the charts' ids
	axis   axis
	shades []shade
	xs     []float64
}

func timelineOf(r *bench.Record, s *bench.Summary) *seconded {
	zero := s.StartedAt.Truncate(time.Second)
	from, to := s.StartedAt.Sub(zero).Seconds(), s.EndedAt.Sub(zero).Seconds()
	n := max(float64(len(s.Timeline)), math.Ceil(to))
	pad := max(0.4, n/20)
	t := &seconded{
		s: s, prefix: string(s.Scenario),
		axis: axis{
			Label: "seconds since " + zero.UTC().Format("15:04:05") + " UTC", Format: "seconds",
			From: -pad, To: n + pad,
		},
		shades: []shade{{-pad, from, before(r, s)}, {to, n + pad, after(r, s)}},
	}
	for _, second := range s.Timeline {
		t.xs = append(t.xs, float64(second.Second)+0.5)
	}
	return t
}

// before names what the run did before the scenario, after what it did next.
func before(r *bench.Record, s *bench.Summary) string {
	switch {
	case s == r.Scenario2 && r.Scenario1 != nil:
		return string(bench.Individual)
	case r.Run.WarmUp != nil:
		return "warm-up"
	}
	return "set-up"
}

func after(r *bench.Record, s *bench.Summary) string {
	switch {
	case s == r.Scenario1 && r.Scenario2 != nil:
		return string(bench.Batch)
	case r.Verification != nil && r.Verification.Mode != bench.VerifyOff:
		return "verification"
	}
	return "end"
}

func (t *seconded) chart(id, title string, height int, y axis) *chart {
	return &chart{
		ID: t.prefix + "-" + id, Title: title, Wide: true, Height: height, Sync: t.prefix,
		X: t.axis, Y: y, Xs: t.xs, Shades: t.shades,
	}
}

// column returns one value for each second.
func (t *seconded) column(get func(*bench.TimelineSecond) *float64) []*float64 {
	values := make([]*float64, len(t.s.Timeline))
	for i := range t.s.Timeline {
		values[i] = get(&t.s.Timeline[i])
	}
	return values
}

// known returns a column of counts that a foreign function doesn't report.
func (t *seconded) known(get func(*bench.TimelineSecond) *int64) []*float64 {
	return t.column(func(s *bench.TimelineSecond) *float64 {
		if n := get(s); n != nil {
			return new(float64(*n))
		}
		return nil
	})
}

func (t *seconded) counts(get func(*bench.TimelineSecond) int64) []*float64 {
	return t.column(func(s *bench.TimelineSecond) *float64 { return new(float64(get(s))) })
}

// any reports whether is holds for any second.
func (t *seconded) any(is func(bench.TimelineSecond) bool) bool {
	return slices.ContainsFunc(t.s.Timeline, is)
}

func (t *seconded) charts() []*chart {
	return []*chart{t.throughput(), t.latency(), t.inFlight(), t.errors(), t.retries()}
}

func (t *seconded) throughput() *chart {
	c := t.chart("throughput", "Throughput", 220, axis{Label: "rows/s", Format: "count"})
	c.Series = []series{{Name: "rows", Color: "rows", Kind: "bars", Values: t.known(func(s *bench.TimelineSecond) *int64 { return s.Rows })}}
	c.Note = "Rows acknowledged, counted in the second in which the statement ended. The first and the last second are covered only in part."
	if t.s.Client != nil && t.s.Client.Bound {
		c.Note += " The machine that sent was too busy to send more: these are lower bounds."
	}
	switch {
	case foreign(t.s):
		c.Missing = "the function doesn't report in which second it wrote its rows"
	case !t.any(func(s bench.TimelineSecond) bool { return bench.Known(s.Rows) > 0 }):
		c.Missing = "no row was acknowledged, so there is no throughput to draw"
	}
	return c
}

func (t *seconded) latency() *chart {
	c := t.chart("latency", "Statement latency", 260, axis{Label: "latency, log scale", Format: "ms", Log: true})
	var names []string
	line := func(name string, of func(*bench.TimelineSecond) *float64) {
		c.Series = append(c.Series, series{Name: name, Color: name, Kind: "line", Band: len(c.Series) > 0, Values: t.column(of)})
	}
	for _, q := range (bench.FewPercentiles{}).List() {
		names = append(names, q.Name)
		line(q.Name, func(s *bench.TimelineSecond) *float64 { return s.At(q.Name) })
	}
	line("max", func(s *bench.TimelineSecond) *float64 { return s.Max })
	c.Note = "Of the statements acknowledged in each second; the bands lie between " + strings.Join(names, ", ") + " and max."
	if t.s.StatementLatency.Count == 0 {
		c.Missing = noLatency(t.s) + ", so there is no latency to draw"
	}
	return c
}

func (t *seconded) inFlight() *chart {
	c := t.chart("in-flight", "Invocations in flight, throttles and cold starts", 180, axis{Label: "in flight", Format: "count"})
	c.Y2 = &axis{Label: "per second", Format: "count"}
	c.Series = []series{
		{Name: "in flight", Color: "flight", Kind: "area", Values: t.counts(func(s *bench.TimelineSecond) int64 { return s.InFlight })},
		{Name: "throttled/s", Color: "throttle", Kind: "bars", Right: true, Values: t.counts(func(s *bench.TimelineSecond) int64 { return s.Throttled })},
		{Name: "cold starts/s", Color: "cold", Kind: "points", Right: true, Values: t.column(func(s *bench.TimelineSecond) *float64 { return some(bench.Known(s.ColdStarts)) })},
	}
	c.Note = fmt.Sprintf("Most in flight at once in each second, by the driver's clock; throttled calls and cold starts by the scale on the right. Throttled calls: %s.", kinds(t.s.Throttles))
	if !t.any(func(s bench.TimelineSecond) bool { return s.InFlight+s.Sent+s.Throttled > 0 }) {
		c.Missing = "these results don't say second by second how many invocations were in flight. Throttled calls: " + kinds(t.s.Throttles)
	}
	return c
}

// some returns n, or nil if n is 0.
func some(n int64) *float64 {
	if n == 0 {
		return nil
	}
	return new(float64(n))
}

func (t *seconded) errors() *chart {
	c := t.chart("errors", "Errors by kind", 160, axis{Label: "statements/s", Format: "count"})
	c.Note = "Statements that were not acknowledged, by SQLSTATE or kind; those of an invocation without an answer when it ended, by the kind of that."
	none := !t.any(func(s bench.TimelineSecond) bool { return bench.Known(s.Errors) > 0 })
	c.Series = t.stack(func(s *bench.TimelineSecond) map[string]int64 { return s.ErrorKinds })
	switch {
	case foreign(t.s):
		c.Missing = "the function doesn't report how its statements failed"
	case none && len(t.s.ErrorsByKind) == 0:
		c.Missing = noError(t.s)
	case none:
		c.Missing = "these results don't say in which second the statements failed"
	case len(c.Series) == 0:
		c.Note = "Statements that were not acknowledged. These results don't distinguish kinds second by second."
		c.Series = []series{{Name: "not acknowledged", Color: "k1", Kind: "stack", Values: t.known(func(s *bench.TimelineSecond) *int64 { return s.Errors })}}
	}
	return c
}

func (t *seconded) retries() *chart {
	c := t.chart("retries", "Attempts tried again by kind", 160, axis{Label: "attempts/s", Format: "count"})
	c.Note = "Attempts that failed and were followed by another one. 40001 is a conflict."
	c.Series = t.stack(func(s *bench.TimelineSecond) map[string]int64 { return s.Retried })
	switch {
	case foreign(t.s):
		c.Missing = "the function doesn't report whether it tried again"
	case bench.Total(t.s.Retried) == 0:
		c.Missing = "no attempt was followed by another one"
	case len(c.Series) == 0:
		c.Missing = "these results don't say in which second attempts were tried again. In all: " + kinds(t.s.Retried)
	}
	return c
}

// sums adds up counts by kind over all seconds.
func (t *seconded) sums(get func(*bench.TimelineSecond) map[string]int64) map[string]int64 {
	sums := map[string]int64{}
	for i := range t.s.Timeline {
		for kind, n := range get(&t.s.Timeline[i]) {
			sums[kind] += n
		}
	}
	return sums
}

// stack makes a series for each kind, the most frequent first. Kinds beyond the palette share
// its last colour.
func (t *seconded) stack(get func(*bench.TimelineSecond) map[string]int64) []series {
	names, colors, known := byCount(t.sums(get)), palette(), t.kinds()
	var all []series
	for i, kind := range names {
		if i == len(colors)-1 && len(names) > len(colors) {
			return append(all, series{Name: "other", Color: colors[i], Kind: "stack", Values: t.others(get, names[i:])})
		}
		color := colors[max(slices.Index(known, kind), 0)%len(colors)]
		all = append(all, series{Name: kind, Color: color, Kind: "stack", Values: t.others(get, names[i:i+1])})
	}
	return all
}

// kinds returns the kinds of errors and of repeated attempts together, so that each kind has
// the same colour in both charts.
func (t *seconded) kinds() []string {
	sums := t.sums(func(s *bench.TimelineSecond) map[string]int64 { return s.ErrorKinds })
	for kind, n := range t.s.Retried {
		sums[kind] += n
	}
	return byCount(sums)
}

// others adds up the named kinds in each second.
func (t *seconded) others(get func(*bench.TimelineSecond) map[string]int64, names []string) []*float64 {
	return t.counts(func(s *bench.TimelineSecond) (n int64) {
		for _, name := range names {
			n += get(s)[name]
		}
		return n
	})
}
