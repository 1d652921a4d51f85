package session

import (
	"encoding/json"
	"strconv"
	"sync/atomic"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// deleteCount counts the commits that may free keys, because they delete rows or give
// them another key.
type deleteCount struct{ begun, running atomic.Int64 }

// begin counts a commit as running before it counts it as begun, and number reads them
// in the other order: so number never returns a number that includes a running commit.
func (d *deleteCount) begin() {
	d.running.Add(1)
	d.begun.Add(1)
}

func (d *deleteCount) end() { d.running.Add(-1) }

// number returns a number for since, or 0 if such a commit is running: a snapshot that
// is taken now may miss it.
func (d *deleteCount) number() int64 {
	begun := d.begun.Load()
	if d.running.Load() > 0 {
		return 0
	}
	return begun + 1
}

// since reports whether a commit has begun after number was returned.
func (d *deleteCount) since(number int64) bool { return d.begun.Load()+1 != number }

// freedKey refuses a block that inserted a key which another transaction freed after
// the block's snapshot, so that the block still sees it. PostgreSQL allows that; on
// DSQL both transactions wrote the same key.
func (s *Conn) freedKey() *wire.Error {
	if !s.tx.explicit || len(s.tx.into) == 0 || !s.group.deletes.since(s.tx.deletes) {
		return nil
	}
	for _, table := range s.tx.into {
		indexes, err := s.server.query(uniqueIndexesSQL(table))
		if err != nil {
			return s.errorFor(err)
		}
		for _, index := range indexes {
			var columns []string
			if len(index) != 2 || json.Unmarshal(index[0], &columns) != nil {
				return serverLost()
			}
			twice, err := s.server.query(twiceSQL(table, columns, string(index[1])))
			if err != nil {
				return s.errorFor(err)
			}
			if len(twice) > 0 {
				return conflict()
			}
		}
	}
	return nil
}

// uniqueIndexesSQL selects the columns (a JSON array) and the condition of each unique
// index of a table.
func uniqueIndexesSQL(table string) string {
	return "SELECT pg_catalog.to_json(ARRAY(SELECT pg_catalog.pg_get_indexdef(indexrelid, k, false) FROM pg_catalog.generate_series(1, indnkeyatts) AS k)), " +
		"COALESCE(pg_catalog.pg_get_expr(indpred, indrelid), 'true') FROM pg_catalog.pg_index WHERE indisunique AND indrelid = " + sql.Quoted(table) + "::regclass"
}

// twiceSQL selects something if the transaction has written a row with the key of
// another row.
func twiceSQL(table string, columns []string, condition string) string {
	row, same := "SELECT ctid AS place", "own.place <> other.place"
	for i, c := range columns {
		name := "k" + strconv.Itoa(i)
		row += ", " + c + " AS " + name
		same += " AND own." + name + " = other." + name
	}
	row += " FROM " + table + " WHERE " + condition
	return "SELECT 1 FROM (" + row + " AND xmin = pg_catalog.pg_current_xact_id()::xid) AS own JOIN (" + row + ") AS other ON " + same + " LIMIT 1"
}
