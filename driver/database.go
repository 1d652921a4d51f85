package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/progress"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/run"
	"dsql-load-test/internal/verify"
)

// databaseFlags are the flags that name a database, for commands that connect to it.
type databaseFlags struct {
	url, cluster, user, region, profile string

	set *pflag.FlagSet // all flags of the command
}

func (f *databaseFlags) add(s *pflag.FlagSet) {
	f.set = s
	setting.Own(s, "database-url", &f.url, "a PostgreSQL URL")
	setting.Own(s, "cluster", &f.cluster, "a DSQL cluster's endpoint, ID.dsql.REGION.on.aws, with a port or without")
	f.user = "admin"
	setting.Own(s, "db-user", &f.user, "the user at the cluster: admin, or a role that IAM was granted to")
	setting.Own(s, "region", &f.region, "the cluster's region (default: as its endpoint says)")
	addProfile(s, &f.profile)
}

// address returns the address of the database that the flags name.
func (f *databaseFlags) address() (address.Address, error) {
	if (f.url == "") == (f.cluster == "") {
		return address.Address{}, errors.New("--database-url or --cluster: one of them must name the database")
	}
	names := address.ClusterNames{Cluster: setting.Named(f.set, "cluster"), Region: setting.Named(f.set, "region")}
	if !f.set.Changed("cluster") {
		names.Cluster = "the results' cluster"
	}
	if f.url != "" && setting.Typed(f.set, "profile") {
		return address.Address{}, fmt.Errorf("--profile = %s: must be left out with %s, where it has no effect", f.profile, setting.Named(f.set, "database-url"))
	}
	var faults []error
	if f.url == "" {
		faults = append(faults, checkAWS(f.set, f.profile))
	}
	a, err := address.ClusterAddress(f.url, f.cluster, f.user, f.region, names)
	a.Profile = f.profile
	if err == nil && f.url == "" {
		_, err = a.Server()
		if err != nil {
			err = quote.Each(names.Cluster, err)
		}
	}
	return a, errors.Join(append(faults, err)...)
}

// orOf takes the cluster that the run's function wrote to if no flag names a database.
func (f *databaseFlags) orOf(r *bench.Record) {
	if f.url == "" && f.cluster == "" && r.Run.Function != nil {
		f.cluster = r.Run.Function.Cluster
	}
}

// open connects to the database. waiting is called with the reason each time it tries again.
// Its errors are exits.
func (f *databaseFlags) open(ctx context.Context, waiting func(why error)) (*dsql.DB, error) {
	a, err := f.address()
	if err != nil {
		return nil, usage(err)
	}
	db, err := dsql.OpenObserved(context.WithoutCancel(ctx), a, run.Connections, nil)
	if err != nil {
		if a.URL != "" {
			err = quote.Each(setting.Named(f.set, "database-url"), err)
		}
		return nil, usage(err)
	}
	err = dsql.Patiently(ctx, verify.Patience, waiting, func() error {
		checked, cancel := context.WithTimeout(ctx, run.CheckTimeout)
		defer cancel()
		_, err := db.Ping(checked)
		return err
	})
	if err == nil {
		return db, nil
	}
	db.Close()
	if ctx.Err() == nil && failure.RefusesParameter(err) {
		return nil, usage(err)
	}
	return nil, stopped(ctx, err)
}

// look connects to the database, and returns the start of a Look: the time, this host and
// which database it is. Its errors are exits.
func (f *databaseFlags) look(ctx context.Context, display *progress.Display) (*dsql.DB, bench.Look, error) {
	db, err := f.open(ctx, display.Waiting())
	if err != nil {
		return nil, bench.Look{}, err
	}
	look := bench.Look{At: time.Now(), Host: machine.Name()}
	err = dsql.Patiently(ctx, verify.Patience, display.Waiting(), func() (err error) {
		look.Database, err = db.Identity(ctx)
		return err
	})
	if err != nil {
		db.Close()
		return nil, look, stopped(ctx, err)
	}
	return db, look, nil
}
