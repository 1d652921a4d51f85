package run

import (
	"context"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/screen"
)

// open starts the target and looks whether a run can begin.
func (s *session) open(ctx context.Context) error {
	if err := s.prepareAWS(ctx); err != nil {
		return err
	}
	switch cluster := s.cluster(); {
	case s.values.DatabaseURL != "":
		if err := s.openDB(ctx, dsql.Address{URL: s.values.DatabaseURL}); err != nil {
			return quote.Each(s.values.Named("database-url"), err)
		}
	case cluster != "":
		address, err := dsql.ClusterAddress("", cluster, s.values.DBUser, s.config.Region, s.clusterNames())
		if err != nil {
			return err
		}
		address.Profile = s.values.Profile
		if err := s.openDB(ctx, address); err != nil {
			return s.orLocal(quote.Each(s.clusterNames().Cluster, err))
		}
	}
	if err := s.openTelemetry(ctx); err != nil {
		return err
	}
	endpoint, timeout := s.values.EndpointURL, s.functionTimeout()
	if s.config.Target == bench.Local && endpoint == "" {
		o := localOptions(s.values, &s.config)
		if s.db != nil {
			o.DatabaseURL = s.db.FunctionURL()
		}
		o.OTLPEndpoint = s.otlpEndpoint()
		o.Say = func(text string) { s.say("%s", text) }
		if err := machine.CheckOpenFiles(o.InFlight); err != nil {
			return err
		}
		if o.DatabaseURL == "" {
			s.display.Enter(screen.Starting, "starting a throwaway PostgreSQL and the local Lambda service")
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
		FunctionName: s.config.FunctionName, Region: s.config.Region, Profile: s.values.Profile, EndpointURL: endpoint,
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

// orLocal is OrLocal for this run.
func (s *session) orLocal(err error) error { return OrLocal(s.values, err) }

// openDB connects the driver itself, makes the table where it is missing, and compares
// it with what the statements need.
func (s *session) openDB(ctx context.Context, a dsql.Address) error {
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
	s.versions["postgresql"] = version
	if putsFront(s.values) {
		if err := db.Pooler().BeforeFront(); err != nil {
			return err
		}
	}
	table, err := db.PrepareTable(ctx)
	if err != nil {
		return err
	}
	if err := table.Err(); err != nil && !s.values.SkipChecks {
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
		fmt.Fprintf(s.display, "the database's folder is kept: %s\nhint: start it again by %s, as its owner\n", quote.Args(folder, command)...)
	}
	return s.target.Stop()
}
