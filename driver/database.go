package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
)

// databaseFlags name a database for commands that work on it themselves.
type databaseFlags struct {
	url, cluster, user, region string
}

func (f *databaseFlags) add(s *pflag.FlagSet) {
	s.StringVar(&f.url, "database-url", "", "a PostgreSQL URL")
	s.StringVar(&f.cluster, "cluster", "", "a DSQL cluster's endpoint, ID.dsql.REGION.on.aws")
	s.StringVar(&f.user, "db-user", "admin", "the user at the cluster: admin, or a role that IAM was granted to")
	s.StringVar(&f.region, "region", "", "the cluster's region (default: as its endpoint says)")
}

// address is what the flags name.
func (f *databaseFlags) address() (dsql.Address, error) {
	if (f.url == "") == (f.cluster == "") {
		return dsql.Address{}, errors.New("--database-url or --cluster: one of them must name the database")
	}
	return clusterAddress(f.url, f.cluster, f.user, f.region)
}

// clusterAddress checks what was given as the function checks its environment.
func clusterAddress(url, cluster, user, region string) (dsql.Address, error) {
	given := map[string]string{"DATABASE_URL": url, "AURORA_DSQL_ENDPOINT": cluster, "IAM_USERNAME": user, "AWS_REGION": region}
	a, err := dsql.AddressFrom(func(name string) string { return given[name] })
	if err != nil {
		return a, fmt.Errorf("--cluster, --region: %w", err)
	}
	return a, nil
}

// orOf takes the cluster that the record's function wrote to, where no flag names
// a database.
func (f *databaseFlags) orOf(r *bench.Record) {
	if f.url == "" && f.cluster == "" && r.Run.Function != nil {
		f.cluster = r.Run.Function.Cluster
	}
}

// open connects, for work that needs few connections. Its errors are exits.
func (f *databaseFlags) open(ctx context.Context) (*dsql.DB, error) {
	a, err := f.address()
	if err != nil {
		return nil, usage(err)
	}
	db, err := dsql.OpenObserved(context.WithoutCancel(ctx), a, verifyConnections, nil)
	if err != nil {
		return nil, usage(err)
	}
	checked, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if _, err := db.Ping(checked); err != nil {
		db.Close()
		return nil, &exitError{code: exitIncomplete, err: err}
	}
	return db, nil
}
