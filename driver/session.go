package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/verify"
)

const (
	// answerMargin is how much longer than the function may run the driver waits
	// for its answer.
	answerMargin = 30 * time.Second
	// checkTimeout bounds the look at the database before a run.
	checkTimeout = 10 * time.Second
	// verifyConnections are those that the driver opens itself.
	verifyConnections = 6
)

// session is one run with everything it needs open.
type session struct {
	flags      *flags
	config     bench.Config
	log        io.Writer
	started    time.Time
	runID      string
	target     *local.Target  // nil on AWS
	db         *dsql.DB       // nil when nobody said where it is
	client     *invoke.Client // nil before open
	versions   map[string]string
	warnings   []string
	warmUp     *bench.WarmUp
	telemetry  *telemetry.Driver // nil when the run isn't observed
	unobserved error             // why it isn't, when nobody asked for that
}

func newSession(f *flags, c bench.Config, log io.Writer) *session {
	now := time.Now()
	return &session{
		flags: f, config: c, log: log, started: now,
		runID:    ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy()).String(),
		versions: map[string]string{}, warnings: []string{},
	}
}

func (s *session) say(format string, args ...any) {
	if !s.flags.quiet {
		fmt.Fprintf(s.log, format+"\n", args...)
	}
}

func (s *session) warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

// open starts the target and looks whether a run can begin.
func (s *session) open(ctx context.Context) error {
	switch {
	case s.flags.databaseURL != "":
		if err := s.openDB(ctx, dsql.Address{URL: s.flags.databaseURL}); err != nil {
			return fmt.Errorf("--database-url: %w", err)
		}
	case s.flags.cluster != "":
		address, err := clusterAddress("", s.flags.cluster, s.flags.dbUser, s.config.Region)
		if err != nil {
			return err
		}
		if err := s.openDB(ctx, address); err != nil {
			return fmt.Errorf("--cluster: %w", err)
		}
	}
	if err := s.openTelemetry(ctx); err != nil {
		return err
	}
	endpoint, timeout := s.flags.endpointURL, 15*time.Minute
	if s.config.Target == bench.Local && endpoint == "" {
		o := s.flags.localOptions(&s.config)
		o.OTLPEndpoint = s.otlpEndpoint()
		if err := checkOpenFiles(o.InFlight); err != nil {
			return err
		}
		if o.DatabaseURL == "" {
			s.say("starting a throwaway PostgreSQL and the local Lambda service")
		}
		target, err := local.Start(ctx, o)
		if err != nil {
			return err
		}
		s.target = target
		endpoint = target.Endpoint
		timeout = o.FunctionTimeout
		if s.db == nil {
			if err := s.openDB(ctx, dsql.Address{URL: target.DatabaseURL}); err != nil {
				return err
			}
		}
	}
	var err error
	s.client, err = invoke.NewClient(ctx, invoke.Options{
		FunctionName: s.config.FunctionName, Region: s.config.Region, EndpointURL: endpoint,
		LocalCredentials: s.config.Target == bench.Local,
		Concurrency:      s.config.InFlight(), Timeout: timeout + answerMargin, ConnectRate: s.config.ConnectRate,
	})
	return err
}

// openDB connects the driver itself, and makes the table or checks the rights.
func (s *session) openDB(ctx context.Context, a dsql.Address) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	// Not ctx: the pool lives as long as the session.
	db, err := dsql.OpenObserved(context.Background(), a, verifyConnections, nil)
	if err != nil {
		return err
	}
	s.db = db
	version, err := db.Ping(ctx)
	if err != nil {
		return err
	}
	s.versions["postgresql"] = version
	return db.EnsureTable(ctx)
}

func (s *session) close() error {
	if s.telemetry != nil {
		// Only a run that ended early comes here: what it observed is no result.
		s.telemetry.Close(context.Background(), bench.Incomplete)
	}
	if s.db != nil {
		s.db.Close()
	}
	if s.target == nil {
		return nil
	}
	if folder := s.target.KeptIn(); folder != "" {
		fmt.Fprintf(s.log, "the database's folder is kept: %s\n"+
			"hint: start it again by postgres -D %s/data -k %s, as its owner\n", folder, folder, folder)
	}
	if err := s.target.Stop(); err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	return nil
}

// run does the warm-up, the scenarios and the look at the table.
func (s *session) run(ctx, drain context.Context) (*bench.Record, error) {
	if s.unobserved != nil {
		state := "telemetry off"
		if s.telemetry != nil {
			state = "telemetry is kept until the end of the run"
		}
		s.say("%s: %v\nhint: docker compose up -d starts a collector, Prometheus, Tempo and Grafana", state, s.unobserved)
	}
	if err := s.warm(ctx, drain); err != nil {
		return nil, err
	}
	record := &bench.Record{SchemaVersion: bench.SchemaVersion}
	var done []verify.Scenario
	for _, p := range s.config.Plans(s.runID) {
		stage := s.telemetry.Begin(string(p.Scenario), p)
		results := s.scenario(ctx, drain, p, stage)
		summary, err := bench.Summarize(p, results)
		if err != nil {
			return nil, fmt.Errorf("sum up %s: %w", p.Scenario, err)
		}
		stage.End(time.Duration(summary.TotalDurationSeconds * float64(time.Second)))
		if p.Scenario == bench.Batch {
			record.Scenario2 = summary
		} else {
			record.Scenario1 = summary
		}
		done = append(done, verify.Scenario{Plan: p, Results: results})
	}
	stage := s.telemetry.Begin("verify", bench.Plan{})
	record.Verification = s.verify(ctx, done)
	stage.End(0)
	s.fill(record, drain.Err() != nil)
	s.closeTelemetry(ctx, drain, record)
	return record, nil
}

// warm runs the warm-up and removes its rows.
func (s *session) warm(ctx, drain context.Context) error {
	p, ok := s.config.WarmUpPlan(s.runID)
	if !ok || drain.Err() != nil {
		return nil
	}
	s.say("warm-up: %d invocations", p.Load.NumLambdas)
	stage := s.telemetry.Begin(telemetry.WarmUp, p)
	summary, err := bench.Summarize(p, s.client.Run(ctx, drain, p, stage, nil))
	stage.End(0)
	if err != nil {
		return fmt.Errorf("sum up the warm-up: %w", err)
	}
	s.warmUp = &bench.WarmUp{Invocations: summary.Invocations, ColdStarts: summary.ColdStarts}
	if n := summary.FailedLambdas; n > 0 {
		s.warn("%d of %d warm-up invocations failed, the first: %s", n, summary.TotalLambdas, summary.Errors[0].Error)
	}
	if s.db == nil {
		s.warn("the warm-up's %d rows stay in the table: no --database-url to remove them by", summary.TotalInserts)
		return nil
	}
	s.warmUp.RowsRemoved, err = verify.Remove(ctx, s.db, p)
	if err != nil {
		s.warn("the warm-up's rows could not be removed: %v", err)
	}
	return nil
}

func (s *session) scenario(ctx, drain context.Context, p bench.Plan, stage *telemetry.Stage) []bench.Result {
	progress := startProgress(s, p)
	defer progress.stop()
	return s.client.Run(ctx, drain, p, stage, progress.ended)
}

// verify looks at the table, when it can and should.
func (s *session) verify(ctx context.Context, done []verify.Scenario) *bench.Verification {
	mode := s.config.Verify
	switch {
	case mode == bench.VerifyOff:
		return &bench.Verification{Mode: mode, OK: true, LostIDs: []string{}}
	case ctx.Err() != nil:
		return &bench.Verification{Mode: mode, Problem: "the run was given up before the look at the table", LostIDs: []string{}}
	}
	s.say("verifying: asking the table for every planned id (Ctrl-C twice in all gives that up)")
	return verify.Run(ctx, s.db, mode, done)
}

// fill adds what the record says of the run as a whole.
func (s *session) fill(r *bench.Record, interrupted bool) {
	ended := time.Now()
	r.Run = bench.Run{
		ID: s.runID, StartedAt: s.started, EndedAt: ended, DurationSeconds: ended.Sub(s.started).Seconds(),
		Target: s.config.Target, Seed: s.config.Seed, Config: s.config,
		Versions: versions(s.versions), Commit: commit(), Host: host(),
		WarmUp: s.warmUp,
	}
	if s.target != nil {
		o := s.target.Options
		r.Run.LocalTarget = &bench.LocalTarget{
			EnvConcurrency: o.EnvConcurrency, ConcurrencyLimit: o.ConcurrencyLimit,
			FunctionTimeoutSeconds: o.FunctionTimeout.Seconds(), Database: "throwaway",
			Front: !o.NoFront, Faults: append([]string{}, s.flags.faults...), Injected: s.target.Injected(),
		}
		if o.DatabaseURL != "" {
			r.Run.LocalTarget.Database = "existing"
		}
		select {
		case <-s.target.Ended:
			s.warn("PostgreSQL ended during the run")
		default:
		}
	}
	r.Run.Status = statusOf(r, interrupted)
	r.Run.Warnings = s.warnings
}

func statusOf(r *bench.Record, interrupted bool) bench.Status {
	if interrupted {
		return bench.Interrupted
	}
	for _, summary := range r.Summaries() {
		if !summary.Rows.Complete() {
			return bench.Incomplete
		}
	}
	if !r.Verification.OK {
		return bench.Incomplete
	}
	return bench.Complete
}

var errTooFewFiles = errors.New("the limit of open files is too low")
