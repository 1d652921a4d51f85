package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/progress"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/telemetry"
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
	untune     func()         // the garbage collector; nil when it wasn't tuned
	versions   map[string]string
	host       bench.Host
	commit     string // of this tool
	warnings   []string
	warmUp     *bench.WarmUp
	tableNotes []string // what the table has that the suite's own hasn't
	settings   []bench.ServerSetting
	doomed     error             // why the run ended after the warm-up; nil when it went on
	telemetry  *telemetry.Driver // nil when the run isn't observed
	unobserved error             // why it isn't, when nobody asked for that
	record     *bench.Record
	results    results         // where the record is kept
	repeat     *bench.Repeat   // nil of a run by itself
	function   *bench.Function // nil when nobody looked
	database   *bench.Database // nil when the driver has none
	broken     brokenThresholds
	untold     untold // what is known of the function's kind
}

func newSession(f *flags, c bench.Config, log io.Writer) *session {
	now := time.Now()
	id := ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy()).String()
	return &session{
		flags: f, config: c, log: log, started: now, runID: id,
		versions: map[string]string{}, warnings: []string{}, host: machine.Host(), commit: commit(),
		record: &bench.Record{SchemaVersion: bench.SchemaVersion, Thresholds: []bench.Threshold{}},
	}
}

// say tells the user; what args hold can't break the line.
func (s *session) say(format string, args ...any) {
	if !s.flags.Quiet {
		fmt.Fprintf(s.log, format+"\n", quote.Args(args...)...)
	}
}

func (s *session) warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, quote.Args(args...)...))
}

// warnOnce is warn of what may be said again and again.
func (s *session) warnOnce(text string) {
	if !slices.Contains(s.warnings, text) {
		s.warn("%s", text)
	}
}

// open starts the target and looks whether a run can begin.
func (s *session) open(ctx context.Context) error {
	if err := s.prepareAWS(ctx); err != nil {
		return err
	}
	switch cluster := s.cluster(); {
	case s.flags.DatabaseURL != "":
		if err := s.openDB(ctx, dsql.Address{URL: s.flags.DatabaseURL}); err != nil {
			return ofEach(s.flags.Named("database-url"), err)
		}
	case cluster != "":
		address, err := clusterAddress("", cluster, s.flags.DBUser, s.config.Region, s.clusterNames())
		if err != nil {
			return err
		}
		address.Profile = s.flags.Profile
		if err := s.openDB(ctx, address); err != nil {
			return s.orLocal(ofEach(s.clusterNames().cluster, err))
		}
	}
	if err := s.openTelemetry(ctx); err != nil {
		return err
	}
	endpoint, timeout := s.flags.EndpointURL, s.functionTimeout()
	if s.config.Target == bench.Local && endpoint == "" {
		o := s.flags.localOptions(&s.config)
		if s.db != nil {
			o.DatabaseURL = s.db.FunctionURL()
		}
		o.OTLPEndpoint = s.otlpEndpoint()
		o.Say = func(text string) { s.say("%s", text) }
		if err := machine.CheckOpenFiles(o.InFlight); err != nil {
			return err
		}
		if o.DatabaseURL == "" {
			s.display().Enter(screen.Starting, "starting a throwaway PostgreSQL and the local Lambda service")
		}
		target, err := local.Start(ctx, o)
		if err != nil {
			return err
		}
		s.target = target
		endpoint = target.Endpoint
		timeout = o.FunctionTimeout
		if s.db == nil {
			if err := s.openDB(ctx, target.Database()); err != nil {
				return err
			}
		}
	}
	if s.target == nil { // else the process is database's front and Lambda service too
		s.untune = invoke.Tune(s.config.InFlight())
	}
	var err error
	s.client, err = invoke.NewClient(ctx, invoke.Options{
		FunctionName: s.config.FunctionName, Region: s.config.Region, Profile: s.flags.Profile, EndpointURL: endpoint,
		LocalCredentials: s.config.Target == bench.Local, Own: s.target != nil,
		Concurrency: s.config.InFlight(), Timeout: timeout + answerMargin, ConnectRate: s.config.ConnectRate,
	})
	if err != nil || s.target != nil {
		return s.orLocal(err)
	}
	if err := s.client.Reach(ctx); err != nil {
		return s.orLocal(quote.Hint(err, "look at --endpoint-url, --region and AWS_ENDPOINT_URL_LAMBDA; driver doctor tells what hinders the way"))
	}
	return nil
}

// orLocal is flags.orLocal of what was asked of AWS.
func (s *session) orLocal(err error) error { return s.flags.orLocal(&s.config, err) }

// openDB connects the driver itself, makes the table where it is missing, and compares
// it with what the statements need.
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
	if s.flags.PutsFront() {
		if err := db.Pooler().BeforeFront(); err != nil {
			return err
		}
	}
	table, err := db.PrepareTable(ctx)
	if err != nil {
		return err
	}
	if err := table.Err(); err != nil && !s.flags.SkipChecks {
		return quote.Hint(err, "driver doctor with the same flags shows all checks; --skip-checks runs in spite of the table")
	}
	s.tableNotes = table.Notes
	if note := db.PoolerNote(); note != "" {
		s.tableNotes = append(s.tableNotes, note)
	}
	for _, note := range s.tableNotes {
		s.say("note: %s", note)
	}
	if !a.Own {
		s.settings = table.Settings
	}
	for _, setting := range s.settings {
		s.say("note: %s", setting.String())
	}
	s.database, err = db.Identity(ctx)
	return err
}

func (s *session) close() error {
	if s.untune != nil {
		s.untune()
	}
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
	if folder, command := s.target.Kept(); folder != "" {
		fmt.Fprintf(s.log, "the database's folder is kept: %s\nhint: start it again by %s, as its owner\n", quote.Args(folder, command)...)
	}
	if err := s.target.Stop(); err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	return nil
}

// plans are all that the session will run, in order.
func (s *session) plans() []bench.Plan {
	plans := s.config.Plans(s.runID)
	if p, ok := s.config.WarmUpPlan(s.runID); ok {
		plans = slices.Insert(plans, 0, p)
	}
	return plans
}

// show tells the display where its figures come from, once all is open.
func (s *session) show() {
	d := s.display()
	d.Observe(s.telemetry, s.unobserved)
	d.Watch(func() progress.Fleet {
		f := s.client.Snapshot()
		return progress.Fleet{InFlight: int(f.InFlight), Limit: int(f.Limit), Throttled: f.Throttled}
	})
}

// display is where the session's log goes to; one of its own when it is somewhere else.
func (s *session) display() *progress.Display {
	if d, ok := s.log.(*progress.Display); ok {
		return d
	}
	d := progress.New(s.log, s.flags.Quiet)
	s.log = d
	return d
}

// interruptsOf counts by the contexts that interrupts end.
func interruptsOf(ctx, drain context.Context) func() int {
	return func() int {
		switch {
		case ctx.Err() != nil:
			return 2
		case drain.Err() != nil:
			return 1
		}
		return 0
	}
}
