package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
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
	a, err := address.ClusterAddress(f.url, f.cluster, f.user, f.region, names)
	a.Profile = f.profile
	if f.url != "" {
		return a, err
	}
	if err == nil {
		if _, err = a.Server(); err != nil { // PostgreSQL client variables can be wrong too
			err = quote.Each(names.Cluster, err)
		}
	}
	return a, errors.Join(checkAWS(f.set, f.profile), err)
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
	// The pool must outlive ctx: after an interrupt the connections are still closed in order.
	// It connects only when it is used, so the first Ping shows whether the database is there.
	db, err := dsql.OpenObserved(context.WithoutCancel(ctx), a, run.Connections, nil)
	if err != nil {
		if a.URL != "" {
			err = quote.Each(setting.Named(f.set, "database-url"), err)
		}
		return nil, usage(err)
	}
	// A cluster that was idle, or is failing over, refuses connections for a while.
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
	// A parameter of the connection string that the server refuses is the user's to correct.
	if ctx.Err() == nil && failure.RefusesParameter(err) {
		return nil, usage(err)
	}
	return nil, stopped(ctx, err)
}

// look is a command's look at the table: the database, and what the command has to show while
// it works.
type look struct {
	bench.Look // only its time, this host and the database's identity so far
	db         *dsql.DB
	display    *progress.Display
}

// lookAt connects to the database and calls work, whose ctx the first interrupt cancels. The
// errors are exits.
func (f *databaseFlags) lookAt(cmd *cobra.Command, work func(ctx context.Context, l *look) error) error {
	display := progress.New(cmd.ErrOrStderr(), false)
	ctx, stop := interruptibleQuery(cmd.Context(), cmd.ErrOrStderr())
	defer stop()
	db, err := f.open(ctx, display.Waiting())
	if err != nil {
		return err
	}
	defer db.Close()
	// Two clocks may differ, so the host is noted beside the time.
	l := &look{Look: bench.Look{At: time.Now(), Host: machine.Name()}, db: db, display: display}
	err = dsql.Patiently(ctx, verify.Patience, display.Waiting(), func() (err error) {
		l.Database, err = db.Identity(ctx)
		return err
	})
	if err != nil {
		return stopped(ctx, err)
	}
	return work(ctx, l)
}
