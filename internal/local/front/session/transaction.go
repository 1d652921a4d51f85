package session

import (
	"errors"
	"slices"
	"time"

	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front/lock"
	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// transaction is what a session knows of its transaction. The zero value means that
// it has none.
type transaction struct {
	explicit bool   // a block: the client began it
	old      bool   // failed because of its age
	failed   bool   // only its end is accepted; PostgreSQL has rolled it back
	open     bool   // PostgreSQL is in a transaction block
	begin    string // statement that opens the block
	begun    bool   // PostgreSQL has executed the client's BEGIN
	snapshot string // of a block, as PostgreSQL writes it

	started time.Time
	schema  uint64 // generation of the schema when it started
	rows    int    // changed, as PostgreSQL said
	bound   int    // changed at most, by the statements' texts; -1 is unknown
	bytes   int    // of changes
	wrote   bool
	ddl     bool
	changes []change // of settings
	dirty   bool     // there are others, not to be kept
	drawn   bool     // mishap is set
	mishap  fault.Mishap

	seen   uint64     // commits in the lock book when it opened
	locked []lock.Row // rows that it locked

	deleted bool     // it has a statement that may delete rows
	into    []string // tables that it inserts into, as they are written
	deletes int64    // that had begun to commit when the block opened; 0 is unknown
	job     job      // that its DDL starts
}

func (t *transaction) state() byte {
	switch {
	case t.failed:
		return wire.Failed
	case t.explicit:
		return wire.Inside
	}
	return wire.Idle
}

// add notes a statement that is about to be executed, with the bytes that it writes.
// It refuses one that may not follow the statements before.
func (t *transaction) add(c *sql.Class, bytes int) *wire.Error {
	switch {
	case c.Kind == sql.DDL && t.ddl:
		return notSupported("multiple ddl statements not supported in a transaction")
	case c.Kind == sql.DDL && t.wrote, c.Kind == sql.Write && t.ddl:
		return notSupported("ddl and dml are not supported in the same transaction")
	}
	if c.Lock != nil && t.begin == sql.BeginReadOnly {
		return &wire.Error{Code: failure.NotWritable, Message: "cannot execute SELECT FOR " + c.Lock.Strengths[0] + " in a read-only transaction"}
	}
	t.dirty = t.dirty || c.Dirty
	switch c.Kind {
	case sql.DDL:
		t.ddl, t.job = true, newJob(c.Job)
	case sql.Set:
		t.changes = append(t.changes, changeOf(c))
	case sql.Write:
		t.wrote = true
		t.deleted = t.deleted || c.Deletes
		if t.into == nil {
			t.into = slices.Clip(c.Into) // all sessions share it: another append copies it
		} else {
			t.into = append(t.into, c.Into...)
		}
		t.bytes += bytes
		if c.Rows < 0 || t.bound < 0 {
			t.bound = -1
		} else {
			t.bound += c.Rows
		}
	}
	return nil
}

// harmless reports whether the commit can't fail by a rule or fault of ours, so that
// PostgreSQL may execute and commit at once.
func (s *Conn) harmless() bool {
	t, l := &s.tx, &s.group.options.Limits
	if t.wrote && s.group.locks.Holders.Load() > 0 {
		return false // this commit and those of transactions that locked rows must be put in order
	}
	return !t.explicit && !t.open && !t.ddl && t.bound >= 0 && t.bound <= l.Rows && t.bytes <= l.TransactionBytes &&
		t.mishap == fault.Mishap{}
}

// judge returns why the transaction may not commit, or nil.
func (s *Conn) judge() *wire.Error {
	t, l := &s.tx, &s.group.options.Limits
	old := s.tooOld()
	switch {
	case t.bytes > l.TransactionBytes:
		return sizeLimit(t.bytes, l.TransactionBytes)
	case old != nil:
		return old
	case t.explicit && t.wrote && t.schema != s.group.pool.generation.Load():
		return schemaConflict()
	case t.mishap.Conflict:
		s.group.options.Faults.Happened(fault.Conflict)
		return conflict()
	}
	return nil
}

// tooOld returns the error of a transaction over the age limit, or nil.
func (s *Conn) tooOld() *wire.Error {
	limit := s.group.options.Limits.TransactionAge
	if age := s.group.options.Now().Sub(s.tx.started); age > limit {
		return ageLimit(age, limit)
	}
	return nil
}

// draw draws the faults of the commit, once.
func (s *Conn) draw() {
	if !s.tx.drawn && (s.tx.wrote || s.tx.ddl) {
		s.tx.drawn, s.tx.mishap = true, s.group.options.Faults.ForCommit()
	}
}

// commit ends the transaction that is open in PostgreSQL. The caller appends the error
// that it returns. errEnd means that the client must be cut off.
func (s *Conn) commit() (*wire.Error, error) {
	s.draw()
	m, faults := s.tx.mishap, s.group.options.Faults
	if m.Slow > 0 {
		faults.Happened(fault.Slow)
		if s.tx.open {
			s.server.setBlock(true) // nobody waits for that, either
		}
		s.group.sleep(m.Slow)
	}
	if s.tx.open { // else PostgreSQL has committed already, or there is nothing
		if refused := s.judge(); refused != nil {
			s.rollback()
			return refused, nil
		}
	}
	if m.DropBefore {
		faults.Happened(fault.DropBefore)
		s.rollback()
		return nil, errEnd
	}
	if refused := s.commitServer(); refused != nil {
		return refused, nil
	}
	if m.DropAfter {
		faults.Happened(fault.DropAfter)
		return nil, errEnd
	}
	if m.Stall > 0 {
		faults.Happened(fault.Stall)
		s.group.sleep(m.Stall)
	}
	return nil, nil
}

// commitServer commits in PostgreSQL and gives the connection back.
func (s *Conn) commitServer() *wire.Error {
	defer s.endTransaction()
	if !s.tx.open {
		s.keepSettings()
		return nil
	}
	committed := false
	if s.tx.wrote || len(s.tx.locked) > 0 {
		turn, refused := s.settle()
		if refused != nil {
			s.rollback()
			return refused
		}
		defer func() { turn.Leave(committed) }()
	}
	refused := s.freedKey()
	if refused == nil {
		refused = s.recordJob()
	}
	if refused != nil {
		s.rollback()
		return refused
	}
	refused = s.sendCommit()
	committed = refused == nil
	return refused
}

// sendCommit lets PostgreSQL commit.
func (s *Conn) sendCommit() *wire.Error {
	s.server.setBlock(false)
	if s.tx.deleted {
		s.group.deletes.begin()
		defer s.group.deletes.end()
	}
	if err := s.server.do("COMMIT"); err != nil {
		if e, ok := errors.AsType[*serverError](err); ok && s.keyConflict(e) {
			return conflict()
		}
		return s.errorFor(err)
	}
	s.tx.open = false
	s.keepSettings()
	if s.tx.ddl {
		s.group.pool.generation.Add(1)
	}
	return nil
}

func (s *Conn) keepSettings() {
	for _, c := range s.tx.changes {
		s.settings.set(c.name, c.sql)
	}
}

// rollback ends the transaction, if there is one, without its changes.
func (s *Conn) rollback() {
	if s.server != nil && s.tx.open && !s.server.broken {
		s.server.setBlock(false)
		if err := s.server.do("ROLLBACK"); err != nil {
			s.server.broken = true
		}
	}
	s.tx.open = false
	s.endTransaction()
}

// expire rolls back a transaction that grew too old while its client did nothing. The
// client gets the error at its COMMIT, or at once if it only forgot a Sync.
func (s *Conn) expire() error {
	explicit, started, limit := s.tx.explicit, s.tx.started, s.group.options.Limits.TransactionAge
	s.rollback()
	if explicit {
		s.tx = transaction{explicit: true, failed: true, old: true, started: started}
		return nil
	}
	s.skip = true
	_, err := s.conn.Write(ageLimit(s.group.options.Now().Sub(started), limit).Append(nil))
	return err
}

// endTransaction gives the server connection back.
func (s *Conn) endTransaction() {
	if len(s.tx.locked) > 0 {
		s.group.locks.Holders.Add(-1)
	}
	if s.server != nil {
		s.server.dirty = s.server.dirty || s.tx.dirty || len(s.tx.changes) > 0
	}
	clear(s.portals)
	s.tx = transaction{}
	s.release()
}
