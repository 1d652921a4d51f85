package run

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/telemetry/relay"
	"dsql-load-test/internal/verify"
)

const (
	// answerMargin is added to the function's time-out to get the driver's time-out for an
	// answer.
	answerMargin = 30 * time.Second
	// CheckTimeout bounds the check of the database before a run.
	CheckTimeout = 10 * time.Second
	// Connections is how many connections the driver opens to the database.
	Connections = 6
)

// session is one run with everything that it has open.
type session struct {
	Options
	record *bench.Record
	run    *bench.Run    // record.Run, which every part of the session adds to
	config *bench.Config // run.Config

	target *local.Target  // nil on AWS
	db     *dsql.DB       // nil if no setting and no function names it
	client *invoke.Client // nil before open
	untune func()         // undoes invoke.Tune; nil if it wasn't called
	prices cost.Prices    // of AWS; empty on the local target

	// During a scenario many goroutines use kind, broken, journal and unnoted, which are atomic
	// or have a lock of their own. Only the goroutine of Do changes the other fields.
	telemetry  *relay.Driver // nil if the run isn't observed
	observed   relay.Options // of telemetry
	concluded  int64         // points sent since the last ledger in Prometheus
	unobserved error         // the reason telemetry is off although it wasn't disabled
	kind       functionKind
	doomed     error // the reason the run ended after the warm-up; nil if it went on
	broken     brokenThresholds
	unstreamed bool // it was said that answers come as a whole

	// The results file exists from the start of the run, and the journal beside it notes how
	// each invocation ended, so that driver verify can check the run even if this process is
	// killed.
	path    string // of the results file
	journal *verify.Journal
	unnoted atomic.Pointer[error] // the first failure to write the journal

	distrusted atomic.Pointer[bench.Result] // the first of the scenario with a partial answer that wasn't believed
}

// newSession returns a session that has opened nothing. Its record is complete as the settings
// make it, so that a run that fails early still has a useful one.
func newSession(o Options) *session {
	c := o.Values.Config
	record := &bench.Record{
		SchemaVersion: bench.SchemaVersion, Thresholds: []bench.Threshold{},
		Run: bench.Run{
			ID: o.ID, StartedAt: o.Started, Target: c.Target, Seed: c.Seed, Config: c, Repeat: o.Repeat,
			Versions: versions(), Commit: commit(), Host: machine.Host(), Warnings: []string{},
		},
	}
	return &session{Options: o, record: record, run: &record.Run, config: &record.Run.Config}
}

// say prints a message unless --quiet. args are quoted, so they can't break the line.
func (s *session) say(format string, args ...any) {
	if !s.Values.Quiet {
		fmt.Fprintf(s.Display, format+"\n", quote.Args(args...)...)
	}
}

// warn adds a warning to the results.
func (s *session) warn(format string, args ...any) {
	s.run.Warnings = append(s.run.Warnings, fmt.Sprintf(format, quote.Args(args...)...))
}

// warnOnce adds a warning unless it is there already.
func (s *session) warnOnce(text string) {
	if !slices.Contains(s.run.Warnings, text) {
		s.warn("%s", text)
	}
}

// plans returns the plans of the warm-up, if there is one, and the scenarios, in order.
func (s *session) plans() []bench.Plan {
	plans := s.config.Plans(s.ID)
	if p, ok := s.config.WarmUpPlan(s.ID); ok {
		plans = slices.Insert(plans, 0, p)
	}
	return plans
}

// interruptsOf returns a function that counts the interrupts: the first cancels drain, the
// second ctx, from which drain is derived.
func interruptsOf(ctx, drain context.Context) func() int {
	return func() (n int) {
		for _, c := range []context.Context{drain, ctx} {
			if c.Err() != nil {
				n++
			}
		}
		return n
	}
}
