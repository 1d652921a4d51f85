package session

import (
	"regexp"
	"strings"

	"dsql-load-test/internal/local/front/sql"
)

// snapshotSQL follows a BEGIN to take the block's snapshot at once. Without it
// PostgreSQL would take the snapshot at the block's first statement.
const snapshotSQL = ";SELECT pg_catalog.pg_current_snapshot()"

// began notes the rows that PostgreSQL returned for a BEGIN with snapshotSQL.
func (t *transaction) began(rows [][][]byte) {
	t.begun = t.explicit
	if len(rows) == 1 && len(rows[0]) == 1 {
		t.snapshot = string(rows[0][0])
	}
}

// keyConflict reports whether a block failed because another transaction has committed
// its key since the block's snapshot. PostgreSQL looks for a duplicate key among
// all rows; on DSQL a row that can't be seen is a conflict. The block is rolled
// back, for PostgreSQL executes nothing more in it.
func (s *Conn) keyConflict(e *serverError) bool {
	if e.Code != uniqueViolation || s.tx.snapshot == "" || s.server == nil || s.server.broken {
		return false
	}
	// Such as "Key (a, b)=(1, 2) already exists.", in any language.
	key := regexp.MustCompile(`(?s)\((.*)\)=\((.*)\)`).FindStringSubmatch(e.Detail)
	if key == nil {
		return false
	}
	table := sql.QuotedName(e.SchemaName) + "." + sql.QuotedName(e.TableName)
	columns, values := key[1], key[2]
	query := "SELECT 1 FROM " + table + " WHERE pg_catalog.concat_ws(', ', " + columns + ") = " + sql.Quoted(values)
	if !strings.Contains(columns, ",") { // the index finds it
		query += " AND " + columns + " = " + sql.Quoted(values)
	}
	query += " AND NOT pg_catalog.pg_visible_in_snapshot(xmin::text::xid8, " + sql.Quoted(s.tx.snapshot) + ")"
	s.server.setBlock(false)
	rows, err := s.server.query("ROLLBACK;" + query)
	return err == nil && len(rows) > 0 // else PostgreSQL's own error stands
}
