package run

import (
	"context"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/screen"
)

// open opens everything that the run needs, and checks that it can begin.
func (s *session) open(ctx context.Context) error {
	// The order matters. AWS names the function, whose environment names the cluster. Telemetry
	// comes before the local target, whose function may need the collector's address. The client
	// comes last, because only the local target knows its endpoint.
	for _, step := range []func(context.Context) error{s.prepareAWS, s.openDatabase, s.openTelemetry, s.openLocal} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return OrLocal(s.Values, s.openClient(ctx))
}

// openDatabase connects to the database that the settings name, if they name one.
func (s *session) openDatabase(ctx context.Context) error {
	switch cluster := s.cluster(); {
	case s.Values.DatabaseURL != "":
		if err := s.openDB(ctx, address.Address{URL: s.Values.DatabaseURL}); err != nil {
			return quote.Each(s.Values.Named("database-url"), err)
		}
	case cluster != "":
		address, err := address.ClusterAddress("", cluster, s.Values.DBUser, s.config.Region, s.clusterNames())
		if err != nil {
			return err
		}
		address.Profile = s.Values.Profile
		if err := s.openDB(ctx, address); err != nil {
			return OrLocal(s.Values, quote.Each(s.clusterNames().Cluster, err))
		}
	}
	return nil
}

// openLocal starts the local target, unless the function is elsewhere.
func (s *session) openLocal(ctx context.Context) (err error) {
	if s.config.Target != bench.Local || s.Values.EndpointURL != "" {
		return nil
	}
	o := LocalOptions(s.Values, s.config)
	if s.db != nil {
		o.DatabaseURL = s.db.FunctionURL()
	}
	o.OTLPEndpoint = s.otlpEndpoint()
	o.Say = func(text string) { s.say("%s", text) }
	// Else the run would fail in the middle, with errors that look like the database's.
	if err := machine.CheckOpenFiles(o.InFlight); err != nil {
		return err
	}
	if o.DatabaseURL == "" {
		s.Display.Enter(screen.Starting, "starting a throwaway PostgreSQL and the local Lambda service")
	}
	if s.target, err = local.Start(ctx, o); err != nil {
		s.target = nil
		return err
	}
	// The driver connects to PostgreSQL itself, not through the front: its queries are no load.
	if s.db == nil {
		return s.openDB(ctx, s.target.Database())
	}
	return nil
}

// openClient makes the client that calls the function, and checks that its service answers.
func (s *session) openClient(ctx context.Context) (err error) {
	endpoint, timeout := s.Values.EndpointURL, s.functionTimeout()
	if s.target != nil {
		endpoint, timeout = s.target.Endpoint, s.target.Options.FunctionTimeout
	}
	calls := 0
	for _, p := range s.config.Plans(s.ID) {
		calls += p.Load.NumLambdas
	}
	s.untune = invoke.Tune(s.config.InFlight(), calls, s.target == nil) // the built-in target is in this process
	s.client, err = invoke.NewClient(ctx, invoke.Options{
		FunctionName: s.config.FunctionName, Region: s.config.Region, Profile: s.Values.Profile, EndpointURL: endpoint,
		LocalCredentials: s.config.Target == bench.Local, Own: s.target != nil,
		Concurrency: s.config.InFlight(), Timeout: timeout + answerMargin, ConnectRate: s.config.ConnectRate, NoStream: s.config.NoStream,
	})
	if err != nil || s.target != nil {
		return err
	}
	if err := s.client.Reach(ctx); err != nil {
		return quote.Hint(err, "check --endpoint-url, --region and AWS_ENDPOINT_URL_LAMBDA; driver doctor finds out where the connection fails")
	}
	return nil
}

// openDB connects the driver to the database, creates the table if it is missing, and checks
// that it is as the statements need it.
func (s *session) openDB(ctx context.Context, a address.Address) error {
	ctx, cancel := context.WithTimeout(ctx, CheckTimeout)
	defer cancel()
	// Not ctx: the pool lives as long as the session.
	db, err := dsql.OpenObserved(context.Background(), a, Connections, nil)
	if err != nil {
		return err
	}
	s.db = db
	version, err := db.Ping(ctx)
	if err != nil {
		return err
	}
	s.run.Versions["postgresql"] = version
	if putsFront(s.Values) {
		if err := db.Pooler().BeforeFront(); err != nil {
			return err
		}
	}
	table, err := db.Table().Prepare(ctx)
	if err != nil {
		return err
	}
	if err := table.Err(); err != nil && !s.Values.SkipChecks {
		return quote.Hint(err, "driver doctor with the same flags shows all checks; --skip-checks runs in spite of the table")
	}
	s.noteTable(table, a.Own)
	s.run.Database, err = db.Identity(ctx)
	return err
}

// noteTable keeps and prints notes on the table and the server's settings. own: this run
// started the server, so its settings are known.
func (s *session) noteTable(table table.State, own bool) {
	s.run.TableNotes = table.Notes
	if note := s.db.PoolerNote(); note != "" {
		s.run.TableNotes = append(s.run.TableNotes, note)
	}
	for _, note := range s.run.TableNotes {
		s.say("note: %s", note)
	}
	if !own {
		s.run.ServerSettings = table.Settings
	}
	for _, setting := range s.run.ServerSettings {
		s.say("note: %s", setting.String())
	}
}

// close closes what open opened.
func (s *session) close() error {
	if s.untune != nil {
		s.untune()
	}
	if s.telemetry != nil {
		// Only if the run ended early: else closeTelemetry has set it to nil.
		t := s.telemetry.Close(context.Background(), bench.Incomplete)
		if s.path != "" { // else there is no verdict
			s.record.Telemetry, s.concluded = &t, s.telemetry.Uncounted()
			s.conclude(context.Background())
		}
	}
	if s.db != nil {
		s.db.Close()
	}
	if s.target == nil {
		return nil
	}
	if folder, command := s.target.Kept(); folder != "" {
		fmt.Fprintf(s.Display, "the database's folder is kept: %s\nhint: start it again by %s, as its owner\n", quote.Args(folder, command)...)
	}
	return s.target.Stop()
}
