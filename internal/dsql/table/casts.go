package table

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql/failure"
)

// Casts returns, for each column of the INSERT, the type that a text must be cast to before it
// can be assigned. It is empty for the types of texts, which must not be cast: a cast to a
// domain over varchar(n) would cut the text. Casts returns nil if the table or a column is
// missing, or the catalog can't be read: the INSERT says so itself then.
func Casts(ctx context.Context, conn *pgconn.PgConn) ([]string, error) {
	const query = `SELECT a.attname, CASE WHEN t.typcategory = 'S' THEN '' ELSE format_type(t.oid, NULL) END
		FROM ` + theTable + ` JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
		WHERE a.attnum > 0 AND NOT a.attisdropped`
	result := conn.ExecParams(ctx, query, [][]byte{[]byte(Name)}, nil, nil, nil).Read()
	if failure.Absent(result.Err) {
		return nil, nil
	}
	if result.Err != nil {
		return nil, result.Err
	}
	var casts []string
	for _, name := range columnNames() {
		i := slices.IndexFunc(result.Rows, func(row [][]byte) bool { return string(row[0]) == name })
		if i < 0 {
			return nil, nil
		}
		casts = append(casts, string(result.Rows[i][1]))
	}
	return casts, nil
}
