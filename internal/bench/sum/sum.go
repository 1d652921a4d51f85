// Package sum adds up the results of one scenario. It is the only accumulator: the live
// display, the thresholds that end a run and the Summary in the results file are views
// of the same Sum, and merging sums in any order or grouping gives the same Summary.
//
// Start with sum.go. A Sum keeps its counts in parts: calls (the driver's view of each
// call), failures (calls without a success), answers (what the functions reported) and
// billing (Lambda's REPORT lines). summary.go and timeline.go make the Summary, live.go
// the figures of a scenario that still runs.
package sum

import (
	"cmp"
	"fmt"
	"maps"
	"sync"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// Sum adds up one scenario: the results of its invocations, in any order, and the latest partial
// answers of the invocations that still run. It is safe for concurrent use.
//
// Add and AddPartial only queue, so that the goroutines that make load never wait for the
// decoding of a histogram. The next view takes what is queued.
type Sum struct {
	plan bench.Plan

	mu     sync.Mutex              // guards the next two fields; only held briefly
	queue  []*bench.Result         // added, but not merged yet
	latest map[int]*bench.Response // by index: the latest partial answer since the last view

	merging sync.Mutex // guards the following fields; locked before mu, never after it
	whole   *parts
	ended   map[int]bool    // by index: whole has the result
	running map[int]partial // by index: the partial answers of invocations that still run
	seen    *parts          // whole with running, without seconds; nil after either changed
	decoder latency.Decoder
	err     *undecoded
}

// partial is a partial answer with its histograms, which are decoded only once.
type partial struct {
	response *bench.Response
	decoded  histograms
}

// undecoded is the result of the lowest index whose histogram can't be decoded.
type undecoded struct {
	index int
	err   error
}

// New returns an empty Sum of a scenario.
func New(p bench.Plan) *Sum {
	return &Sum{
		plan: p, latest: map[int]*bench.Response{},
		whole: newParts(), ended: map[int]bool{}, running: map[int]partial{},
	}
}

// Of adds up the results of a scenario, one for each planned invocation. It fails only if a
// histogram can't be decoded.
func Of(p bench.Plan, results []bench.Result) (*bench.Summary, error) {
	s := New(p)
	for i := range results {
		s.Add(&results[i])
	}
	return s.Summary()
}

// Add adds a result, which must not change afterwards. It replaces the partial answer of the
// same invocation.
func (s *Sum) Add(r *bench.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, r)
}

// AddPartial adds what a running invocation has done so far; r must not change afterwards. It
// replaces the invocation's earlier partial answer, and is ignored after the invocation's result.
func (s *Sum) AddPartial(index int, r *bench.Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest[index] = r
}

// Merge adds what o, a Sum of the same plan, holds at this moment. All partial answers of an
// invocation must be in the same Sum. Merging a Sum into itself changes nothing.
func (s *Sum) Merge(o *Sum) {
	if s == o {
		return
	}
	// o is unlocked again before s is locked, so that two sums can be merged into each other
	// at once.
	now := o.snapshot()
	s.merging.Lock()
	defer s.merging.Unlock()
	s.whole.merge(now.whole)
	s.keepError(now.err)
	maps.Copy(s.ended, now.ended)
	maps.Copy(s.running, now.running)
	maps.DeleteFunc(s.running, func(i int, _ partial) bool { return s.ended[i] })
	s.seen = nil
}

// snapshot returns a copy of s with nothing queued.
func (s *Sum) snapshot() *Sum {
	s.merging.Lock()
	defer s.merging.Unlock()
	s.settle()
	now := New(s.plan)
	now.whole.merge(s.whole)
	now.ended, now.running, now.err = maps.Clone(s.ended), maps.Clone(s.running), s.err
	return now
}

// settle takes what is queued. The caller holds merging.
func (s *Sum) settle() {
	s.mu.Lock()
	queue, latest := s.queue, s.latest
	s.queue, s.latest = nil, map[int]*bench.Response{}
	s.mu.Unlock()
	if len(queue) > 0 || len(latest) > 0 {
		s.seen = nil
	}
	for _, r := range queue {
		if err := s.whole.add(r, s.plan.Invocation(r.Index), &s.decoder); err != nil {
			s.keepError(&undecoded{r.Index, err})
		}
		s.ended[r.Index] = true
		delete(s.running, r.Index)
	}
	for index, r := range latest {
		if !s.ended[index] {
			h, _ := decoded(r, &s.decoder) // a later answer or the result replaces an unreadable one
			s.running[index] = partial{r, h}
		}
	}
}

func (s *Sum) keepError(e *undecoded) {
	if e != nil && (s.err == nil || e.index < s.err.index) {
		s.err = e
	}
}

// live returns the sum with the partial answers, which the caller only reads, and without the
// seconds, of which a thousand invocations may have hundreds each. It holds merging.
func (s *Sum) live() *parts {
	s.settle()
	switch {
	case s.seen != nil:
	case len(s.running) == 0:
		s.seen = s.whole
	default:
		s.seen = newParts()
		s.seen.mergeCounts(s.whole)
		for index, p := range s.running {
			_ = s.seen.addPartial(p, s.plan.Invocation(index))
		}
	}
	return s.seen
}

// Summary returns the Summary of the results so far, without partial answers. It fails if a
// histogram couldn't be decoded.
func (s *Sum) Summary() (*bench.Summary, error) {
	s.merging.Lock()
	defer s.merging.Unlock()
	s.settle()
	if s.err != nil {
		return nil, fmt.Errorf("invocation %d: %w", s.err.index, s.err.err)
	}
	return s.whole.summary(s.plan)
}

// parts holds the counts of a scenario.
type parts struct {
	invocations, rows, statements bench.Account
	foreign                       bool // an answer is from a foreign function
	unreported                    bool // such an answer came without Lambda's REPORT line
	calls                         calls
	failures                      failures
	answers                       answers
	reported                      billing
}

func newParts() *parts {
	return &parts{calls: newCalls(), failures: newFailures(), answers: newAnswers()}
}

func (t *parts) add(r *bench.Result, asked bench.Invocation, decoder *latency.Decoder) error {
	rows := r.Rows(asked)
	t.invocations.Count(r.Outcome, 1)
	t.rows.Add(rows)
	if a := r.Statements(asked); a != nil {
		t.statements.Add(*a)
	} else {
		t.foreign = true
		t.unreported = t.unreported || r.Report == nil
	}
	t.calls.add(r, rows.Acknowledged)
	t.failures.add(r, rows)
	t.reported.add(r.Report)
	t.reported.addStreamed(r.Streamed)
	if r.Response == nil {
		t.addUnanswered(r, int64(asked.Statements()))
		return nil
	}
	if r.Partial {
		t.addUnanswered(r, r.Untold())
	} else {
		t.answers.addLoop(r.Response)
	}
	h, err := decoded(r.Response, decoder)
	if wrong := t.answers.add(r.Index, r.Response, h); err == nil {
		err = wrong
	}
	return err
}

// addUnanswered counts the statements of an invocation that it hasn't told of in the second in
// which it ended. All of them have its outcome.
func (t *parts) addUnanswered(r *bench.Result, statements int64) {
	if statements == 0 || r.Sent.IsZero() || r.Outcome != bench.Failed && r.Outcome != bench.Unknown {
		return
	}
	t.answers.seconds.add(bench.Second{
		Unix: r.Ended.Unix(), Statements: statements, Errors: statements,
		ErrorKinds: map[string]int64{cmp.Or(r.ErrorKind, string(r.Outcome)): statements},
	})
}

// addPartial adds a partial answer, without the statements that haven't started and without the
// invocation itself.
func (t *parts) addPartial(p partial, asked bench.Invocation) error {
	r := p.response
	rows := r.Rows(asked)
	t.rows.Add(started(rows))
	t.failures.addUnreported(r, rows)
	if r.Statements != nil {
		t.statements.Add(started(*r.Statements))
	}
	return t.answers.addCounts(asked.Index, r, p.decoded)
}

// started returns the part of a that was started.
func started(a bench.Account) bench.Account {
	a.Planned, a.NotStarted = a.Planned-a.NotStarted, 0
	return a
}

func (t *parts) merge(o *parts) {
	t.mergeCounts(o)
	for _, second := range o.answers.seconds {
		t.answers.seconds.add(*second)
	}
}

// mergeCounts adds o without its seconds.
func (t *parts) mergeCounts(o *parts) {
	t.invocations.Add(o.invocations)
	t.rows.Add(o.rows)
	t.statements.Add(o.statements)
	t.foreign, t.unreported = t.foreign || o.foreign, t.unreported || o.unreported
	t.calls.merge(&o.calls)
	t.failures.merge(&o.failures)
	t.answers.mergeCounts(&o.answers)
	t.reported.merge(&o.reported)
}

// span returns the time from the first call to the last answer.
func (t *parts) span() time.Duration { return t.calls.last.Sub(t.calls.first) }
