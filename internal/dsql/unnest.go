package dsql

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql/table"
)

// unnestText is the key under which a connection has the text that unnestSQL returned. A change of
// the columns' types thus goes unnoticed for as long as with a prepared statement.
const unnestText = "unnest"

// unnestSQL returns the text of the INSERT that takes an array of texts for each column. It asks
// the database which columns need a cast.
func unnestSQL(ctx context.Context, conn *pgconn.PgConn) (string, error) {
	casts, err := table.Casts(ctx, conn)
	if err != nil {
		return "", fmt.Errorf("ask for the types of the columns: %w", err)
	}
	sql := UnnestSQL(casts)
	if casts != nil {
		conn.CustomData()[unnestText] = sql
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
