package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/verify"
)

// databaseFlags name a database for commands that work on it themselves.
type databaseFlags struct {
	url, cluster, user, region, profile string

	set *pflag.FlagSet // those of the command
}

func (f *databaseFlags) add(s *pflag.FlagSet) {
	f.set = s
	s.StringVar(&f.url, "database-url", "", "a PostgreSQL URL")
	s.StringVar(&f.cluster, "cluster", "", "a DSQL cluster's endpoint, ID.dsql.REGION.on.aws, with a port or without")
	s.StringVar(&f.user, "db-user", "admin", "the user at the cluster: admin, or a role that IAM was granted to")
	s.StringVar(&f.region, "region", "", "the cluster's region (default: as its endpoint says)")
	addProfile(s, &f.profile, "")
}

// address is what the flags name.
func (f *databaseFlags) address() (address.Address, error) {
	if (f.url == "") == (f.cluster == "") {
		return address.Address{}, errors.New("--database-url or --cluster: one of them must name the database")
	}
	names := flagNames(f.set)
	if !f.set.Changed("cluster") {
		names.cluster = "the results' cluster"
	}
	if f.url != "" && typed(f.set, "profile") {
		return address.Address{}, fmt.Errorf("--profile = %s: must be left out with %s, where it has no effect", f.profile, named(f.set, "database-url"))
	}
	var faults []error
	if f.url == "" {
		faults = append(faults, checkAWS(f.set, f.profile))
	}
	a, err := clusterAddress(f.url, f.cluster, f.user, f.region, names)
	a.Profile = f.profile
	if err == nil && f.url == "" {
		_, err = a.Server()
		if err != nil {
			err = ofEach(names.cluster, err)
		}
	}
	return a, errors.Join(append(faults, err)...)
}

// addressNames are what gave an address its parts, for messages.
type addressNames struct{ cluster, region string }

func flagNames(s *pflag.FlagSet) addressNames {
	return addressNames{named(s, "cluster"), named(s, "region")}
}

// clusterAddress checks what was given as the function checks its environment.
func clusterAddress(url, cluster, user, region string, names addressNames) (address.Address, error) {
	host, port, err := splitEndpoint(cluster, names.cluster)
	if err != nil {
		return address.Address{}, err
	}
	given := map[string]string{"DATABASE_URL": url, "AURORA_DSQL_ENDPOINT": host, "AURORA_DSQL_PORT": port, "IAM_USERNAME": user, "AWS_REGION": region}
	nameOf := map[string]string{"AURORA_DSQL_ENDPOINT": names.cluster, "AWS_REGION": names.region}
	return address.Named(func(name string) string { return given[name] }, func(name string) string { return nameOf[name] })
}

// orOf takes the cluster that the record's function wrote to, where no flag names
// a database.
func (f *databaseFlags) orOf(r *bench.Record) {
	if f.url == "" && f.cluster == "" && r.Run.Function != nil {
		f.cluster = r.Run.Function.Cluster
	}
}

// open connects, for work that needs few connections. waiting is told why the
// database is asked again. Its errors are exits.
func (f *databaseFlags) open(ctx context.Context, waiting func(why error)) (*dsql.DB, error) {
	a, err := f.address()
	if err != nil {
		return nil, usage(err)
	}
	db, err := dsql.OpenObserved(context.WithoutCancel(ctx), a, verifyConnections, nil)
	if err != nil && a.URL != "" {
		err = ofEach(named(f.set, "database-url"), err)
	}
	if err != nil {
		return nil, usage(err)
	}
	err = dsql.Patiently(ctx, verify.Patience, waiting, func() error {
		checked, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		_, err := db.Ping(checked)
		return err
	})
	if err != nil {
		db.Close()
		if ctx.Err() != nil {
			return nil, &exitError{code: exitInterrupted, err: err}
		}
		if failure.RefusesParameter(err) {
			return nil, usage(err)
		}
		return nil, &exitError{code: exitIncomplete, err: err}
	}
	return db, nil
}
