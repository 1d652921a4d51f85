package sum

import (
	"fmt"
	"maps"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// summary returns the Summary as if the scenario ended now.
func (t *parts) summary(p bench.Plan) (*bench.Summary, error) {
	o := t.soFar(p)
	o.Concurrency = p.Concurrency
	o.SuccessRate = 100 * ratio(float64(o.SuccessfulLambdas), float64(o.TotalLambdas))
	o.Throughput = ratio(float64(o.Rows.Acknowledged), o.TotalDurationSeconds)
	o.LatencyMs, o.Cold, o.Warm = t.calls.latencies()
	o.LambdaDurationMs = statsOf(t.answers.durations)
	o.LambdaThroughput = statsOf(t.answers.throughputs).Spread
	o.Slowest = bench.Slowest(append([]bench.Statement{}, t.answers.slowest.all...))
	for i := range o.Slowest {
		o.Slowest[i].Detailed = false // only the driver's telemetry uses it
	}
	o.Timeline, o.Sample = t.timeline(), t.calls.sample()
	o.ClockOffset = t.calls.clockOffset()
	o.Billed = t.reported.summary()
	o.Overhead = overheadOf(t.answers.overhead)
	var err error
	if o.StatementLatency, err = statementLatency(t.answers.histogram); err == nil {
		o.Connecting, o.Connected, err = t.answers.split()
	}
	o.Forget()
	return o, err
}

// split returns the latency of the statements that opened a connection and of the others. Both
// are nil if none opened one.
func (a *answers) split() (connecting, connected *bench.StatementLatency, err error) {
	if a.connecting.Count() == 0 {
		return nil, nil, nil
	}
	rest, err := a.histogram.Without(a.connecting)
	if err != nil {
		return nil, nil, fmt.Errorf("statements that opened a connection: %w", err)
	}
	with, err := statementLatency(a.connecting)
	if err != nil {
		return nil, nil, err
	}
	without, err := statementLatency(rest)
	return &with, &without, err
}

// soFar returns a Summary with only the counts, which cost little to compute.
func (t *parts) soFar(p bench.Plan) *bench.Summary {
	a, wall := &t.answers, t.span()
	o := &bench.Summary{
		Scenario: p.Scenario, Description: described(p.Load, p.Scenario), StartedAt: t.calls.first, EndedAt: t.calls.last,
		TotalDurationMs: ms(wall), TotalDurationSeconds: wall.Seconds(),
		TotalLambdas: t.invocations.Planned, SuccessfulLambdas: t.invocations.Acknowledged, FailedLambdas: t.invocations.Failed + t.invocations.Unknown,
		TotalInserts: t.rows.Acknowledged, TotalErrors: t.rows.Failed + t.rows.Unknown,
		Invocations: t.invocations, Rows: t.rows, StoredElsewhere: a.storedElsewhere,
		RowsAffected: new(a.rowsAffected), Attempts: new(a.attempts), Resent: new(a.resent), Confirmed: new(a.confirmed),
		ColdStarts: new(t.calls.cold), Environments: new(int64(len(a.environments))), TruncatedLambdas: new(a.truncated),
		Throttles: maps.Clone(t.calls.refused), Retried: maps.Clone(a.retried), ConnectRetries: maps.Clone(a.connectRetries),
		InvocationErrors: maps.Clone(t.failures.kinds), ErrorsByKind: a.errors.counts(), Errors: append([]bench.InvocationError{}, t.failures.first...),
	}
	if !t.foreign {
		o.Statements = new(t.statements)
	}
	return o
}

// overheadOf returns nil for an empty histogram.
func overheadOf(h *latency.Histogram) *bench.Overhead {
	if h.Count() == 0 {
		return nil
	}
	o := &bench.Overhead{Count: h.Count(), Max: ms(h.Max())}
	bench.Fill(&o.FewPercentiles, func(p float64) *float64 { return new(ms(h.Percentile(p))) })
	return o
}

func statementLatency(h *latency.Histogram) (bench.StatementLatency, error) {
	l := bench.StatementLatency{Count: h.Count(), TooFewFor: []string{}}
	var err error
	if l.Histogram, err = h.Snapshot(); err != nil || l.Count == 0 {
		return l, err
	}
	l.Min, l.Avg, l.Max = new(ms(h.Min())), new(ms(h.Mean())), new(ms(h.Max()))
	bench.Fill(&l.Percentiles, func(p float64) *float64 { return new(ms(h.Percentile(p))) })
	for _, q := range bench.Quantiles() {
		if !latency.Enough(q.Percent, l.Count) {
			l.TooFewFor = append(l.TooFewFor, q.Name)
		}
	}
	return l, nil
}

// described returns the user's description of a scenario, or else its size in words.
func described(l bench.Load, s bench.Scenario) string {
	if l.Description != "" {
		return l.Description
	}
	each := some(l.Count, "insert")
	if s == bench.Batch {
		each = "1 batch of " + some(l.Count, "row")
	}
	return some(l.NumLambdas, "invocation") + ", " + some(l.Iterations, "iteration") + ", " + each + " each"
}

// some returns n with its noun, in the plural unless n is 1.
func some(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
