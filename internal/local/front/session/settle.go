package session

import (
	"encoding/json"
	"strings"
	"time"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// settleTimeout bounds how long a commit waits for others that go on.
const settleTimeout = 10 * time.Second

// settle orders the commit among those of transactions that lock rows, and
// returns what ends its turn, or why it may not commit.
func (s *Conn) settle() (*settlement, *wire.Error) {
	now := s.group.options.Now()
	t := s.group.locks.enter(s.tx.locked, s.tx.seen, now, now.Add(-2*s.group.options.Limits.TransactionAge))
	refused := s.earlier(t)
	if refused == nil && t.own != nil {
		refused = s.unchanged(t)
	}
	if refused != nil {
		t.leave(false)
		return nil, refused
	}
	return t, nil
}

// earlier refuses a transaction whose rows one locked that has committed since
// it started.
func (s *Conn) earlier(t *settlement) *wire.Error {
	for _, e := range t.others {
		if overlap(s.tx.locked, e.rows) {
			return conflict()
		}
		if !s.tx.wrote {
			continue
		}
		for table, rows := range byTable(e.rows) {
			found, err := s.server.query(changedSQL(table, rows))
			if err != nil {
				return s.told(err)
			}
			if len(found) > 0 {
				return conflict()
			}
		}
	}
	return nil
}

// unchanged refuses a transaction whose locked rows others have changed since
// it saw them. Those that change them but have not committed are skipped: they
// are the later ones.
func (s *Conn) unchanged(t *settlement) *wire.Error {
	timer := time.NewTimer(settleTimeout)
	defer timer.Stop()
	select {
	case <-t.before.done:
	case <-timer.C:
		return conflict()
	}
	for table, rows := range byTable(s.tx.locked) {
		for _, strength := range []string{sql.ForUpdate, sql.ForKeyShare} {
			var places []string
			for _, r := range rows {
				if r.strength == strength {
					places = append(places, sql.Quoted(r.place)+"::tid")
				}
			}
			if len(places) == 0 {
				continue
			}
			sql := "SELECT FROM " + table + " WHERE ctid = ANY (ARRAY[" + strings.Join(places, ",") + "]) FOR " + strength + " SKIP LOCKED"
			if err := s.server.do(sql); err != nil {
				return s.told(err)
			}
		}
	}
	return nil
}

func byTable(rows []lockedRow) map[string][]lockedRow {
	tables := map[string][]lockedRow{}
	for _, r := range rows {
		tables[r.table] = append(tables[r.table], r)
	}
	return tables
}

// changedSQL selects something if the transaction changed one of the rows: it
// saw the version at its start and doesn't see it any more. One that was locked
// FOR KEY SHARE must have lost its key.
func changedSQL(table string, rows []lockedRow) string {
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

// lockedRowOf reads a column that rowOf adds.
func lockedRowOf(text []byte, strength string) (lockedRow, bool) {
	var parts []json.RawMessage
	r := lockedRow{strength: strength}
	if json.Unmarshal(text, &parts) != nil || len(parts) != 4 {
		return r, false
	}
	for i, to := range []*string{&r.place, &r.version, &r.table} {
		if json.Unmarshal(parts[i], to) != nil {
			return r, false
		}
	}
	if string(parts[3]) != "null" {
		r.key = string(parts[3])
	}
	return r, true
}
