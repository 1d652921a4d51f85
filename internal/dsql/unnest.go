package dsql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/event"
)

// unnest is the INSERT that takes an array of texts for each column. Its text is the same for any
// number of rows.
type unnest struct {
	sql string
	// goTime: the column is of a text type, so that a time in it has the text that pgx gives it
	// in an INSERT by VALUES.
	goTime [bench.RowParameters]bool
}

// unnest returns the INSERT for the types that the columns have. It asks the database only once.
func (db *DB) unnest(ctx context.Context, conn *pgconn.PgConn) (*unnest, error) {
	if u := db.unnested.Load(); u != nil {
		return u, nil
	}
	casts, err := table.Casts(ctx, conn)
	if err != nil {
		return nil, &failure.Unsent{Err: fmt.Errorf("ask for the types of the columns: %w", err)}
	}
	u := &unnest{sql: UnnestSQL(casts)}
	for i, cast := range casts {
		u.goTime[i] = cast == ""
	}
	if casts != nil {
		db.unnested.Store(u)
	}
	return u, nil
}

// UnnestSQL returns the text of the INSERT with these casts, which table.Casts describes.
func UnnestSQL(casts []string) string {
	values := strings.Split(columns, ", ")
	for i, cast := range casts {
		if cast != "" {
			values[i] += "::" + cast
		}
	}
	return "INSERT INTO " + Table + " (" + columns + ") SELECT " + strings.Join(values, ", ") +
		" FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS r (" + columns + ")" + skipPresent
}

// The SQLSTATEs after which something cached is out of date.
const (
	datatypeMismatch = "42804" // a column has another type than when the catalog was asked
	noSuchStatement  = "26000" // the prepared statement is gone
)

// execUnnest is Exec by unnest on a connection.
func (s *Insert) execUnnest(ctx context.Context, conn *pgx.Conn, events []event.Event) (pgconn.CommandTag, error) {
	r := recorderIn(ctx)
	if r != nil {
		r.querying = time.Now()
	}
	u, err := s.db.unnest(ctx, conn.PgConn())
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	mode := conn.Config().DefaultQueryExecMode
	if mode == pgx.QueryExecModeSimpleProtocol {
		return conn.Exec(ctx, u.sql, u.texts(events)...)
	}
	s.arrays.fill(u, events)
	tag, err := s.arrays.exec(ctx, conn, u.sql, mode == pgx.QueryExecModeCacheStatement)
	if r != nil {
		r.finish(bench.Query, r.querying, err)
	}
	switch {
	case failure.Refused(err, datatypeMismatch):
		s.db.unnested.Store(nil)
	case failure.Refused(err, noSuchStatement):
		_ = conn.Deallocate(ctx, u.sql) // so that the next attempt prepares it again
	}
	return tag, err
}
