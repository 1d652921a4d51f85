package session

import (
	"time"

	"dsql-load-test/internal/local/front/lock"
	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// settleTimeout bounds how long a commit waits for others that go on.
const settleTimeout = 10 * time.Second

// settle puts the commit in order with those of transactions that have locked rows. It
// returns the turn, which the caller must end, or why the transaction may not commit.
func (s *Conn) settle() (*lock.Turn, *wire.Error) {
	now := s.group.options.Now()
	t := s.group.locks.Enter(s.tx.locked, s.tx.seen, now, now.Add(-2*s.group.options.Limits.TransactionAge))
	refused := s.earlier(t)
	if refused == nil && len(s.tx.locked) > 0 {
		refused = s.unchanged(t)
	}
	if refused != nil {
		t.Leave(false)
		return nil, refused
	}
	return t, nil
}

// earlier refuses a transaction if another one locked its rows and has committed since
// it started, or is committing.
func (s *Conn) earlier(t *lock.Turn) *wire.Error {
	for _, others := range t.Others {
		if lock.Overlap(s.tx.locked, others) {
			return conflict()
		}
		if !s.tx.wrote {
			continue
		}
		for table, rows := range lock.ByTable(others) {
			found, err := s.server.query(lock.ChangedSQL(table, rows))
			if err != nil {
				return s.errorFor(err)
			}
			if len(found) > 0 {
				return conflict()
			}
		}
	}
	return nil
}

// unchanged refuses a transaction if others have changed its locked rows since it saw
// them. Rows that others are changing right now are skipped: those transactions
// commit later.
func (s *Conn) unchanged(t *lock.Turn) *wire.Error {
	if !t.Wait(settleTimeout) {
		return conflict()
	}
	for table, rows := range lock.ByTable(s.tx.locked) {
		for _, strength := range []string{sql.ForUpdate, sql.ForKeyShare} {
			query := lock.LockSQL(table, rows, strength)
			if query == "" {
				continue
			}
			if err := s.server.do(query); err != nil {
				return s.errorFor(err)
			}
		}
	}
	return nil
}
