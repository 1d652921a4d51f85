package run

import (
	"context"
	"errors"
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/verify"
)

// runStages runs the warm-up, the scenarios and the verification, and adds their results to
// the record.
func (s *session) runStages(ctx, drain context.Context) error {
	s.sayUnobserved()
	s.sayWatch(drain)
	if err := s.warm(ctx, drain); err != nil {
		return err
	}
	scenarios := s.scenarios
	if s.doomed != nil {
		scenarios = s.leaveOut
	}
	if err := scenarios(ctx, drain); err != nil {
		return err
	}
	s.Display.Enter(screen.Sending, "")
	// Telemetry is closed when all spans of the run have ended. What that adds is saved at once;
	// CloudWatch may take minutes.
	s.closeTelemetry(ctx, drain)
	s.keep()
	s.conclude(ctx)
	if s.config.Target == bench.AWS {
		s.measureAWS(drain)
		s.conclude(ctx) // with the cost
	}
	return nil
}

// scenarios runs the scenarios and verifies their rows.
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
		// After each scenario, so that a kill in the next one loses nothing of this one.
		s.save(bench.Running)
	}
	// By a signal, or by abort when a threshold broke, unless all was sent by then. EndOf
	// distinguishes the two.
	interrupted := drain.Err() != nil || scenarios.Err() != nil && s.unsent()
	stage := s.telemetry.Begin("verify", bench.Plan{})
	look := bench.Look{At: time.Now(), Host: machine.Name(), Database: s.run.Database}
	look.Verification = *s.verify(ctx, done)
	s.record.AddLook(look)
	stage.End(0)
	status := s.record.Ended()
	if interrupted {
		status = bench.Interrupted
	}
	s.save(status)
	return nil
}

// unsent reports whether rows of the plans were never sent.
func (s *session) unsent() bool {
	return slices.ContainsFunc(s.record.Summaries(), func(of *bench.Summary) bool { return of.Rows.NotStarted > 0 })
}

// sayUnobserved prints the reason telemetry is off, if the user didn't turn it off.
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

// firstPointsTime is how long the link waits for the collector.
const firstPointsTime = 2 * time.Second

// sayWatch prints the link to the dashboard of the run. Grafana shows another run instead of one
// that it doesn't know, so the run's first points must be at the collector before.
func (s *session) sayWatch(ctx context.Context) {
	if s.telemetry == nil || s.Values.GrafanaURL == "" || !s.telemetry.On().Metrics {
		return
	}
	if s.telemetry.Absent() == nil {
		ctx, cancel := context.WithTimeout(ctx, firstPointsTime)
		defer cancel()
		s.telemetry.AwaitFirst(ctx)
	}
	s.say("dashboard: %s", liveLink(s.Values.GrafanaURL, s.run))
}

// verify looks for the planned rows in the table, if it was asked to and can.
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
	if s.target != nil && s.db.Pooler() == dsql.SessionPooler { // its connections may be all that the pooler allows
		if err := s.target.EndFunction(); err != nil {
			s.warn("%v", err)
		}
	}
	s.Display.Enter(screen.Verifying, "verifying: asking the table for every planned id (Ctrl-C twice in all gives that up)")
	list, look := report.ListRows(s.path), s.Display.Asking(done)
	look.Found = list.Add
	v := verify.Run(ctx, s.db, mode, done, look)
	var err error
	if v.RowsFile, err = list.Keep(); err != nil {
		s.warn("%v", err)
	}
	return v
}
