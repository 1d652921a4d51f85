package front

import (
	"errors"
	"time"

	"dsql-load-test/internal/dsql/failure"
)

// The states of a session, as ReadyForQuery has them.
const (
	idle   = 'I'
	inside = 'T'
	failed = 'E'
)

// transaction is what a session knows of its current one. The zero value is
// that there is none.
type transaction struct {
	explicit bool   // the client began it
	old      bool   // failed for its age
	failed   bool   // nothing but its end is accepted; PostgreSQL has rolled it back
	open     bool   // PostgreSQL is in a transaction block
	begin    string // that opens the block
	begun    bool   // PostgreSQL has carried out the client's BEGIN
	snapshot string // of a block, as PostgreSQL writes it

	started time.Time
	schema  uint64 // generation of the schema when it started
	rows    int    // changed, as PostgreSQL said
	bound   int    // changed at most, as the texts say; -1 is unknown
	bytes   int    // of changes
	wrote   bool
	ddl     bool
	changes []change // of settings
	dirty   bool     // there are others, not to be kept
	mishap  *mishap  // drawn already

	seen   uint64      // commits in the lock book when it opened
	locked []lockedRow // rows that it locked

	deleted bool     // it has a statement that may delete rows
	into    []string // tables that it inserts into, as they are written
	deletes uint64   // that had begun to commit when the block opened; 0 is unknown
	job     job      // that its DDL starts
}

func (t *transaction) state() byte {
	switch {
	case t.failed:
		return failed
	case t.explicit:
		return inside
	}
	return idle
}

// add notes a statement that is about to be executed, with the bytes it writes.
func (t *transaction) add(c *class, bytes int) *refusal {
	switch {
	case c.kind == kindDDL && t.ddl:
		return unsupported("multiple ddl statements not supported in a transaction")
	case c.kind == kindDDL && t.wrote, c.kind == kindWrite && t.ddl:
		return unsupported("ddl and dml are not supported in the same transaction")
	}
	if c.lock != nil && t.begin == beginReadOnly {
		return &refusal{code: failure.NotWritable, message: "cannot execute SELECT FOR " + c.lock.strengths[0] + " in a read-only transaction"}
	}
	t.dirty = t.dirty || c.dirty
	switch c.kind {
	case kindDDL:
		t.ddl, t.job = true, newJob(c.job)
	case kindSet:
		t.changes = append(t.changes, c.change())
	case kindWrite:
		t.wrote = true
		t.deleted = t.deleted || c.deletes
		t.into = append(t.into, c.into...)
		t.bytes += bytes
		if c.rows < 0 || t.bound < 0 {
			t.bound = -1
		} else {
			t.bound += c.rows
		}
	}
	return nil
}

// harmless answers whether nothing can come between the statements' success and
// the commit, so that PostgreSQL may do both at once.
func (t *transaction) harmless(l *Limits) bool {
	return !t.explicit && !t.open && !t.ddl && t.bound >= 0 && t.bound <= l.Rows && t.bytes <= l.TransactionBytes &&
		(t.mishap == nil || *t.mishap == mishap{})
}

// harmless is that of the transaction, unless others hold locks: their commits
// and this one must be put in order.
func (s *session) harmless() bool {
	return s.tx.harmless(&s.front.options.Limits) && (!s.tx.wrote || s.front.locks.holders.Load() == 0)
}

// judge answers why the transaction may not commit, or nil.
func (s *session) judge() *refusal {
	t, l := &s.tx, &s.front.options.Limits
	old := s.tooOld()
	switch {
	case t.bytes > l.TransactionBytes:
		return sizeLimit(t.bytes, l.TransactionBytes)
	case old != nil:
		return old
	case t.explicit && t.wrote && t.schema != s.front.pool.generation.Load():
		return schemaConflict()
	case t.mishap != nil && t.mishap.conflict:
		s.front.faults.happened(faultConflict)
		return conflict()
	}
	return nil
}

// tooOld answers the refusal of a transaction over the age limit, or nil.
func (s *session) tooOld() *refusal {
	limit := s.front.options.Limits.TransactionAge
	if age := s.front.options.Now().Sub(s.tx.started); age > limit {
		return ageLimit(age, limit)
	}
	return nil
}

// draw decides, once, what befalls the commit.
func (s *session) draw() {
	if s.tx.mishap == nil && (s.tx.wrote || s.tx.ddl) {
		m := s.front.faults.forCommit()
		s.tx.mishap = &m
	}
}

// commit ends the transaction that is open in PostgreSQL. What it answers is
// appended by the caller. errEnd: the client is to be cut off.
func (s *session) commit() (*refusal, error) {
	s.draw()
	m, faults := s.tx.mishap, s.front.faults
	if m == nil {
		m = &mishap{}
	}
	if m.slow > 0 {
		faults.happened(faultSlow)
		if s.tx.open {
			s.server.setBlock(true) // nobody waits for that, either
		}
		s.front.sleep(m.slow)
	}
	if s.tx.open { // else PostgreSQL has committed already, or there is nothing
		if refused := s.judge(); refused != nil {
			s.rollback()
			return refused, nil
		}
	}
	if m.dropBefore {
		faults.happened(dropBefore)
		s.rollback()
		return nil, errEnd
	}
	if refused := s.commitServer(); refused != nil {
		return refused, nil
	}
	if m.dropAfter {
		faults.happened(dropAfter)
		return nil, errEnd
	}
	if m.stall > 0 {
		faults.happened(faultStall)
		s.front.sleep(m.stall)
	}
	return nil, nil
}

// commitServer commits in PostgreSQL and gives the connection back.
func (s *session) commitServer() *refusal {
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
		defer func() { turn.leave(committed) }()
	}
	if refused := s.insertedAgain(); refused != nil {
		s.rollback()
		return refused
	}
	if refused := s.recordJob(); refused != nil {
		s.rollback()
		return refused
	}
	s.server.setBlock(false)
	if s.tx.deleted {
		s.front.deletes.begin()
		defer s.front.deletes.end()
	}
	if err := s.server.do("COMMIT"); err != nil {
		var e *serverError
		if errors.As(err, &e) && s.met(e) {
			return conflict()
		}
		return s.told(err)
	}
	s.tx.open, committed = false, true
	s.keepSettings()
	if s.tx.ddl {
		s.front.pool.generation.Add(1)
	}
	return nil
}

func (s *session) keepSettings() {
	for _, c := range s.tx.changes {
		s.settings.apply(c)
	}
}

// rollback ends the transaction, if there is one, without its changes.
func (s *session) rollback() {
	if s.server != nil && s.tx.open && !s.server.broken {
		s.server.setBlock(false)
		if err := s.server.do("ROLLBACK"); err != nil {
			s.server.broken = true
		}
	}
	s.tx.open = false
	s.endTransaction()
}

// expire rolls back a transaction that grew too old while nobody used it. The
// client hears of that at its COMMIT; at once where it only forgot a Sync.
func (s *session) expire() error {
	explicit, started, limit := s.tx.explicit, s.tx.started, s.front.options.Limits.TransactionAge
	s.rollback()
	if explicit {
		s.tx = transaction{explicit: true, failed: true, old: true, started: started}
		return nil
	}
	s.skip = true
	_, err := s.conn.Write(ageLimit(s.front.options.Now().Sub(started), limit).append(nil))
	return err
}

// endTransaction gives the server connection back.
func (s *session) endTransaction() {
	if len(s.tx.locked) > 0 {
		s.front.locks.holders.Add(-1)
	}
	if s.server != nil {
		s.server.dirty = s.server.dirty || s.tx.dirty || len(s.tx.changes) > 0
	}
	clear(s.portals)
	s.tx = transaction{}
	s.release()
}
