package dsql

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/failure"
)

// Identity identifies the database and the table in it. A DSQL cluster has its endpoint. Any
// other database has PostgreSQL's system identifier, which everybody may read unless an
// administrator revoked the right; without it only the database's name and the table's oid are
// left. The oid of a missing table is 0.
func (db *DB) Identity(ctx context.Context) (*bench.Database, error) {
	d := &bench.Database{Cluster: db.cluster}
	const query = `SELECT current_database()::text, coalesce((SELECT c.oid::int8 FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = $1), 0)`
	if err := db.pool.QueryRow(ctx, query, Table).Scan(&d.Name, &d.TableOID); err != nil {
		return nil, fmt.Errorf("ask which database this is: %w", db.Table().Fault(ctx, err))
	}
	if address.RegionOf(db.cluster) != "" { // DSQL has no such function
		return d, nil
	}
	err := db.pool.QueryRow(ctx, "SELECT system_identifier::text FROM pg_catalog.pg_control_system()").Scan(&d.System)
	if err != nil && (failure.Passing(err) || !errors.As(err, new(*pgconn.PgError))) {
		return nil, fmt.Errorf("ask for the database's system identifier: %w", failure.OneLine(err))
	}
	return d, nil
}
