package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/latency"
)

const (
	// SlowestKept is how many of the slowest statements an invocation reports
	// and a scenario keeps. Since both keep as many, the scenario's are exact.
	SlowestKept = 50
	errorsKept  = 10
)

// Summarize adds up a scenario's results, one for each planned invocation. It
// fails when a histogram can't be decoded; everything else is data.
func Summarize(p Plan, results []Result) (*Summary, error) {
	s := summing{
		plan:       p,
		histogram:  latency.New(),
		overhead:   latency.New(),
		errors:     map[string]*ErrorCount{},
		course:     course{seconds: map[int64]*Second{}},
		statements: &Account{},
		out: &Summary{
			Scenario: p.Scenario, Description: p.Load.described(p.Scenario), Concurrency: p.Concurrency,
			TotalLambdas: int64(len(results)),
			Throttles:    map[string]int64{}, Retried: map[string]int64{}, ConnectRetries: map[string]int64{}, InvocationErrors: map[string]int64{},
			Errors: []InvocationError{},
		},
		environments: map[string]bool{},
		slowest:      []Statement{}, // none is [] in JSON, not null
	}
	for i := range results {
		if err := s.add(&results[i]); err != nil {
			return nil, fmt.Errorf("invocation %d: %w", results[i].Index, err)
		}
	}
	return s.close()
}

// summing is a Summary in the making.
type summing struct {
	plan         Plan
	out          *Summary
	histogram    *latency.Histogram
	overhead     *latency.Histogram
	decoder      latency.Decoder
	errors       map[string]*ErrorCount
	course       course
	statements   *Account // nil once an answer doesn't tell
	environments map[string]bool

	told                   told
	durations, throughputs []float64
	slowest                []Statement
	reported               billing
}

// told is what this suite's function alone tells; cold starts Lambda may tell too.
type told struct {
	rowsAffected, attempts, resent, confirmed, truncated, coldStarts int64
}

func (s *summing) add(r *Result) error {
	asked := s.plan.Invocation(r.Index)
	s.out.Invocations.count(r.Outcome, 1)
	s.out.Rows.Add(r.Rows(asked))
	if a := r.Statements(asked); a == nil {
		s.statements = nil
	} else if s.statements != nil {
		s.statements.Add(*a)
	}
	for reason, n := range r.Throttles {
		addCount(s.out.Throttles, reason, int64(n))
	}
	s.told.coldStarts += oneIfKnown(r.Cold())
	s.course.add(r, asked)
	s.reported.add(r.Report)
	if r.Outcome != Acknowledged {
		s.addFailure(r)
	}
	if r.Response == nil {
		return nil
	}
	return s.addResponse(r.Response)
}

func (s *summing) addFailure(r *Result) {
	if r.ErrorKind != "" {
		addCount(s.out.InvocationErrors, r.ErrorKind, 1)
	}
	if r.Error != "" && len(s.out.Errors) < errorsKept {
		s.out.Errors = append(s.out.Errors, InvocationError{Index: r.Index, Error: r.Error})
	}
}

func (s *summing) addResponse(r *Response) error {
	s.durations = append(s.durations, r.DurationMs)
	s.throughputs = append(s.throughputs, r.InsertsPerSecond)
	s.told.rowsAffected += r.RowsAffected
	s.told.attempts += r.Attempts
	s.told.resent += r.Resent
	s.told.confirmed += r.Confirmed
	addCounts(s.out.Retried, r.Retried)
	s.out.StoredElsewhere += r.StoredElsewhere
	s.told.truncated += one(r.Truncated)
	if r.EnvironmentID != "" {
		s.environments[r.EnvironmentID] = true
	}
	for _, e := range r.Errors {
		s.addError(e)
	}
	for _, second := range r.Timeline {
		s.course.addSecond(second)
	}
	addCounts(s.out.ConnectRetries, r.ConnectRetries)
	s.slowest = append(s.slowest, r.Slowest...)
	if r.Overhead != nil {
		if err := s.decoder.MergeSnapshot(s.overhead, r.Overhead); err != nil {
			return err
		}
	}
	if r.Latency == nil {
		return nil
	}
	return s.decoder.MergeSnapshot(s.histogram, r.Latency)
}

func (s *summing) addError(e ErrorCount) {
	if s.errors[e.Kind] == nil && len(s.errors) >= kindsKept {
		e.Kind = other
	}
	e.Message = shortened(e.Message)
	if sum := s.errors[e.Kind]; sum != nil {
		sum.Statements += e.Statements
		sum.Rows += e.Rows
		return
	}
	s.errors[e.Kind] = &e
}

// shortened is the begin of a message, which a function may make of any length.
func shortened(text string) string {
	const most = 1000 // bytes
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " ..."
}

// close divides; nothing is divided before all is added.
func (s *summing) close() (*Summary, error) {
	o := s.out
	o.StartedAt, o.EndedAt = s.course.first, s.course.last
	wall := o.EndedAt.Sub(o.StartedAt)
	o.TotalDurationMs, o.TotalDurationSeconds = ms(wall), wall.Seconds()
	o.SuccessfulLambdas = o.Invocations.Acknowledged
	o.FailedLambdas = o.Invocations.Failed + o.Invocations.Unknown
	o.TotalInserts = o.Rows.Acknowledged
	o.TotalErrors = o.Rows.Failed + o.Rows.Unknown
	o.SuccessRate = 100 * ratio(float64(o.SuccessfulLambdas), float64(o.TotalLambdas))
	o.Throughput = ratio(float64(o.Rows.Acknowledged), wall.Seconds())
	o.LatencyMs, o.Cold, o.Warm = s.course.latencies()
	o.LambdaDurationMs = statsOf(s.durations)
	o.LambdaThroughput = statsOf(s.throughputs).Spread
	o.Statements = s.statements
	t, environments := &s.told, int64(len(s.environments))
	o.RowsAffected, o.Attempts, o.Resent, o.Confirmed = &t.rowsAffected, &t.attempts, &t.resent, &t.confirmed
	o.TruncatedLambdas, o.ColdStarts, o.Environments = &t.truncated, &t.coldStarts, &environments
	o.ErrorsByKind = s.errorsByKind()
	o.Slowest = Slowest(s.slowest)
	for i := range o.Slowest {
		o.Slowest[i].Detailed = false // it is for the driver's telemetry alone
	}
	o.Timeline, o.Sample = s.course.timeline(s.histogram), s.course.sample()
	o.ClockOffset = s.course.clockOffset()
	o.Billed = s.reported.close()
	o.Overhead = overheadOf(s.overhead)
	var err error
	o.StatementLatency, err = statementLatency(s.histogram)
	o.Forget()
	return o, err
}

// errorsByKind is most frequent first.
func (s *summing) errorsByKind() []ErrorCount {
	all := make([]ErrorCount, 0, len(s.errors))
	for _, e := range s.errors {
		all = append(all, *e)
	}
	slices.SortFunc(all, func(a, b ErrorCount) int {
		return cmp.Or(cmp.Compare(b.Statements, a.Statements), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}

// Slowest sorts all, slowest first, and keeps SlowestKept. Ties are ordered by
// place, so that the result doesn't depend on the order of arrival.
func Slowest(all []Statement) []Statement {
	slices.SortFunc(all, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(b.LatencyUs, a.LatencyUs), cmp.Compare(a.Invocation, b.Invocation),
			cmp.Compare(a.Iteration, b.Iteration), cmp.Compare(a.Row, b.Row))
	})
	return slices.Clone(all[:min(len(all), SlowestKept)])
}

// overheadOf is nil when nothing was measured.
func overheadOf(h *latency.Histogram) *Overhead {
	if h.Count() == 0 {
		return nil
	}
	o := &Overhead{Count: h.Count(), Max: ms(h.Max())}
	Fill(&o.FewPercentiles, func(p float64) *float64 { return msOf(h.Percentile(p)) })
	return o
}

func statementLatency(h *latency.Histogram) (StatementLatency, error) {
	l := StatementLatency{Count: h.Count(), TooFewFor: []string{}}
	var err error
	if l.Histogram, err = h.Snapshot(); err != nil || l.Count == 0 {
		return l, err
	}
	l.Min, l.Avg, l.Max = msOf(h.Min()), msOf(h.Mean()), msOf(h.Max())
	Fill(&l.Percentiles, func(p float64) *float64 { return msOf(h.Percentile(p)) })
	for _, q := range Quantiles() {
		if !latency.Enough(q.Percent, l.Count) {
			l.TooFewFor = append(l.TooFewFor, q.Name)
		}
	}
	return l, nil
}
