package lock

import (
	"encoding/json"
	"strings"

	"dsql-load-test/internal/local/front/sql"
)

// Row is a row that a transaction locked, in the version that it saw.
type Row struct {
	place, version string // ctid and xmin
	table          string // qualified and quoted
	key            string // of its primary key's columns, JSON; empty without one
	strength       string // sql.ForUpdate or sql.ForKeyShare
}

// ByTable sorts rows by their tables.
func ByTable(rows []Row) map[string][]Row {
	tables := map[string][]Row{}
	for _, r := range rows {
		tables[r.table] = append(tables[r.table], r)
	}
	return tables
}

// ChangedSQL selects something if the transaction changed one of the rows: it
// saw the version at its start and doesn't see it any more. One that was locked
// FOR KEY SHARE must have lost its key.
func ChangedSQL(table string, rows []Row) string {
	values := make([]string, len(rows))
	for i, r := range rows {
		key := "NULL"
		if r.strength == sql.ForKeyShare && r.key != "" {
			key = sql.Quoted(r.key)
		}
		values[i] = "(" + sql.Quoted(r.place) + "::tid," + sql.Quoted(r.version) + "::xid8," + key + "::jsonb)"
	}
	return "SELECT 1 FROM (VALUES " + strings.Join(values, ",") + ") AS l(place, version, key)" +
		" WHERE pg_visible_in_snapshot(version, pg_current_snapshot())" +
		" AND NOT EXISTS (SELECT FROM " + table + " AS t WHERE t.ctid = l.place)" +
		" AND NOT (key IS NOT NULL AND EXISTS (SELECT FROM " + table + " AS t WHERE to_jsonb(t.*) @> l.key)) LIMIT 1"
}

// LockSQL locks those of a table's rows that have this strength and that nobody
// else is changing. It is empty without any.
func LockSQL(table string, rows []Row, strength string) string {
	var places []string
	for _, r := range rows {
		if r.strength == strength {
			places = append(places, sql.Quoted(r.place)+"::tid")
		}
	}
	if len(places) == 0 {
		return ""
	}
	return "SELECT FROM " + table + " WHERE ctid = ANY (ARRAY[" + strings.Join(places, ",") + "]) FOR " + strength + " SKIP LOCKED"
}

// Parse reads the column that names a locked row. ok is false if that column
// names none, as for the nullable side of a join.
func Parse(text []byte, strength string) (r Row, ok bool) {
	var key json.RawMessage
	r = Row{strength: strength}
	parts := []any{&r.place, &r.version, &r.table, &key} // an array is read into what its elements point to
	if json.Unmarshal(text, &parts) != nil || len(parts) != 4 {
		return r, false
	}
	if string(key) != "null" {
		r.key = string(key)
	}
	return r, true
}

// Overlap reports whether two transactions locked one row so that only one of
// them can commit.
func Overlap(a, b []Row) bool {
	type place struct{ table, place string }
	updates := map[place]bool{} // whether a locked the row FOR UPDATE
	for _, r := range a {
		at := place{r.table, r.place}
		updates[at] = updates[at] || r.strength == sql.ForUpdate
	}
	for _, r := range b {
		if update, locked := updates[place{r.table, r.place}]; locked && (update || r.strength == sql.ForUpdate) {
			return true
		}
	}
	return false
}
