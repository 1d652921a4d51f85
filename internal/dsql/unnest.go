package dsql

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql/table"
)

// datatypeMismatch is the SQLSTATE after which the columns may have other types than when the
// catalog was asked.
const datatypeMismatch = "42804"

// unnestSQL returns the text of the INSERT that takes an array of texts for each column. It asks
// the database only once which columns need a cast.
func (db *DB) unnestSQL(ctx context.Context, conn *pgconn.PgConn) (string, error) {
	if sql := db.unnested.Load(); sql != nil {
		return *sql, nil
	}
	casts, err := table.Casts(ctx, conn)
	if err != nil {
		return "", fmt.Errorf("ask for the types of the columns: %w", err)
	}
	sql := UnnestSQL(casts)
	if casts != nil {
		db.unnested.Store(&sql)
	}
	return sql, nil
}

// UnnestSQL returns the text of the INSERT with these casts, which table.Casts describes. It is
// the same for any number of rows.
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
