package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/verify"

	"dsql-load-test/internal/progress"
)

// runStages does the warm-up, the scenarios and the look at the table, and fills the
// record with them.
func (s *session) runStages(ctx, drain context.Context) error {
	s.sayUnobserved()
	if err := s.warm(ctx, drain); err != nil {
		return err
	}
	if s.doomed == nil {
		if err := s.scenarios(ctx, drain); err != nil {
			return err
		}
	} else {
		if err := s.leaveOut(); err != nil {
			return err
		}
		s.save(bench.Incomplete)
	}
	s.Display.Enter(screen.Sending, "")
	s.closeTelemetry(ctx, drain)
	s.keep()
	s.measureAWS(drain)
	return nil
}

// scenarios runs them and looks at the table.
func (s *session) scenarios(ctx, drain context.Context) error {
	scenarios, abort := context.WithCancel(drain)
	defer abort()
	if s.kind.foreign.Load() {
		s.tellForeign(abort)
	}
	s.countBefore(scenarios)
	var done []verify.Scenario
	for _, p := range s.config.Plans(s.ID) {
		results, err := s.measure(ctx, scenarios, abort, p)
		if err != nil {
			return err
		}
		done = append(done, verify.Scenario{Plan: p, Results: results})
		s.save(bench.Running)
	}
	interrupted := scenarios.Err() != nil
	stage := s.telemetry.Begin("verify", bench.Plan{})
	look := bench.Look{At: time.Now(), Host: machine.Name(), Database: s.run.Database}
	look.Verification = *s.verify(ctx, done)
	s.record.AddLook(look)
	stage.End(0)
	s.save(s.status(interrupted))
	return nil
}

func (s *session) sayUnobserved() {
	if s.unobserved == nil {
		return
	}
	state := "telemetry off"
	if s.telemetry != nil {
		state = "telemetry is kept until the end of the run"
	}
	s.say("%s: %s", state, s.unobserved)
	if !errors.Is(s.unobserved, errVariables) {
		s.say("hint: docker compose up -d starts a collector, Prometheus, Jaeger and Grafana")
	}
}

// measure runs one scenario; abort ends it, and those to come, early.
func (s *session) measure(ctx, drain context.Context, abort func(), p bench.Plan) ([]bench.Result, error) {
	stage := s.telemetry.Begin(string(p.Scenario), p)
	part := s.startPart(p)
	watched := machine.StartWatch()
	results, admission := s.client.Run(ctx, drain, p, stage, s.taking(p, part.Sum, abort))
	load := watched.Stop()
	summary, err := part.Sum.Summary()
	if err == nil && s.kind.foreign.Load() {
		summary.Statements = nil // by the warm-up's answers, where none came now
		summary.Forget()
	}
	part.Stop(summary)
	if err != nil {
		return nil, fmt.Errorf("sum up %s: %w", p.Scenario, err)
	}
	stage.End(time.Duration(summary.TotalDurationSeconds * float64(time.Second)))
	if !summary.NothingSent() { // what the machine did then is no scenario's
		summary.Client = load
	}
	summary.Admission = admission
	s.keepSummary(summary)
	return results, nil
}

func (s *session) keepSummary(summary *bench.Summary) {
	if summary.Scenario == bench.Batch {
		s.record.Scenario2 = summary
	} else {
		s.record.Scenario1 = summary
	}
}

// startPart starts to tell of a part of the run.
func (s *session) startPart(p bench.Plan) *progress.Part {
	if s.target != nil && s.Values.DatabaseURL == "" {
		return s.Display.Begin(p, s.db.Table().RowsWritten)
	}
	return s.Display.Begin(p, nil)
}

// taking is what is done with each result of a scenario as it comes.
func (s *session) taking(p bench.Plan, sum *bench.Sum, abort func()) func(*bench.Result) {
	guard := newGuard(s.config, sum)
	return func(r *bench.Result) {
		s.note(p.Scenario, r)
		sum.Add(r)
		if r.Response != nil && r.Response.Untold() {
			s.kind.unreported.Store(r.Report == nil)
			s.tellForeign(abort)
		}
		if t, broken := guard.broken(); broken {
			s.broken.add(t)
			abort()
		}
	}
}

// verify looks at the table, when it can and should.
func (s *session) verify(ctx context.Context, done []verify.Scenario) *bench.Verification {
	mode := s.config.Verify
	switch {
	case mode == bench.VerifyOff:
		return unverified(mode, "")
	case ctx.Err() != nil:
		return unverified(mode, "the run was given up before the look at the table")
	case s.kind.foreign.Load():
		return s.verifyForeign(ctx, done)
	}
	if s.target != nil && s.db.Pooler() == dsql.SessionPooler { // the function's may be all the connections that there are
		if err := s.target.EndFunction(); err != nil {
			s.warn("%v", err)
		}
	}
	s.Display.Enter(screen.Verifying, "verifying: asking the table for every planned id (Ctrl-C twice in all gives that up)")
	list, look := report.ListRows(s.results.path), s.Display.Asking(done)
	look.Found = list.Add
	v := verify.Run(ctx, s.db, mode, done, look)
	var err error
	if v.RowsFile, err = list.Keep(); err != nil {
		s.warn("%v", err)
	}
	return v
}
