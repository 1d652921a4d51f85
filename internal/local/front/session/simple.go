package session

import (
	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// simple executes a Query: one statement or several, which are one transaction
// unless they say otherwise.
func (s *Conn) simple(frame []byte) error {
	text, _, err := wire.CutText(wire.Body(frame))
	all := sql.Classify(string(text))
	before := s.before(frame)
	if len(before) > 0 && !s.skip { // a pipeline without its Sync
		if err := s.pipeline(before, false); err != nil {
			return err
		}
	}
	s.in = s.in[:0]
	if s.skip {
		return nil
	}
	if err != nil {
		return s.refuse(malformed())
	}
	if len(all) == 0 {
		s.answer = append(s.answer, wire.EmptyQuery...)
	}
	for _, c := range all {
		if err := s.one(c, len(all) == 1); err != nil {
			return err
		}
		if s.skip {
			return s.ready()
		}
	}
	return s.conclude()
}

// refuse ends a Query with an error, without executing it.
func (s *Conn) refuse(r *wire.Error) error {
	if err := s.fail(r); err != nil {
		return err
	}
	return s.ready()
}

// one executes one statement of a Query, alone or not.
func (s *Conn) one(c *sql.Class, alone bool) error {
	var refused *wire.Error
	switch {
	case s.tx.failed && !c.Ends():
		refused = inFailedTransaction()
	case c.Refused != nil:
		refused = refusalOf(c.Refused)
	case c.Local():
		r, err := s.control(c)
		if err != nil {
			return err
		}
		if refused = r; r == nil {
			return s.exchange(false)
		}
	default:
		if refused = s.group.ensure(c); refused == nil {
			refused = s.tx.add(c, len(c.SQL))
		}
		if refused == nil {
			return s.query(c, alone)
		}
	}
	return s.fail(refused)
}

func (s *Conn) query(c *sql.Class, alone bool) error {
	if err := s.hold(); err != nil {
		return s.fail(s.errorFor(err))
	}
	if c.Lock != nil {
		s.planAsked(c.Lock, []byte{0, 0}, []byte{0, 0, 0, 0, 0, 0})
		if err := s.exchange(alone && s.harmless()); err != nil || s.skip {
			return err
		}
	}
	s.out = wire.AppendFrame(s.out, 'Q', c.SQL)
	s.steps = append(s.steps, step{want: 'Z', class: c, shape: c.Shape(), simple: true})
	if alone && !s.tx.explicit {
		s.draw()
	}
	return s.exchange(alone && s.harmless())
}

// control executes a statement that doesn't reach PostgreSQL.
func (s *Conn) control(c *sql.Class) (*wire.Error, error) {
	switch c.Kind {
	case sql.Begin:
		return s.beginBlock(c), nil
	case sql.Commit:
		return s.commitBlock()
	case sql.Rollback:
		return nil, s.rollbackBlock()
	case sql.Deallocate:
		return s.deallocate(c), nil
	}
	return nil, nil
}

func (s *Conn) localTag(tag string) { s.local(string(wire.AppendFrame(nil, 'C', tag))) }

func (s *Conn) warn(code, text string) {
	s.local(string(wire.Encode(nil, &pgproto3.NoticeResponse{
		Severity: "WARNING", SeverityUnlocalized: "WARNING", Code: code, Message: text,
	})))
}

func (s *Conn) beginBlock(c *sql.Class) *wire.Error {
	switch {
	case s.tx.failed:
		return inFailedTransaction()
	case s.tx.explicit:
		s.warn("25001", "there is already a transaction in progress")
	default:
		if err := s.hold(); err != nil {
			return s.errorFor(err)
		}
		s.tx.explicit, s.tx.begin = true, c.Name
	}
	s.localTag("BEGIN")
	return nil
}

// commitBlock executes COMMIT; that of a failed transaction is a ROLLBACK.
func (s *Conn) commitBlock() (*wire.Error, error) {
	if err := s.exchange(false); err != nil || s.skip {
		return nil, err
	}
	switch {
	case s.tx.old:
		r := s.tooOld()
		s.rollback()
		return r, nil
	case s.tx.failed:
		return nil, s.rollbackBlock()
	case !s.tx.explicit:
		s.warn("25P01", "there is no transaction in progress")
	}
	refused, err := s.commit()
	if refused == nil {
		s.localTag("COMMIT")
	}
	return refused, err
}

func (s *Conn) rollbackBlock() error {
	if err := s.exchange(false); err != nil || s.skip {
		return err
	}
	if !s.tx.explicit {
		s.warn("25P01", "there is no transaction in progress")
	}
	s.rollback()
	s.localTag("ROLLBACK")
	return nil
}

func (s *Conn) deallocate(c *sql.Class) *wire.Error {
	switch {
	case c.Name == "":
		clear(s.statements)
		s.localTag("DEALLOCATE ALL")
		return nil
	case s.statements[c.Name] == nil:
		return noStatement(c.Name)
	}
	delete(s.statements, c.Name)
	s.localTag("DEALLOCATE")
	return nil
}

// functionCall refuses a message that only very old clients send.
func (s *Conn) functionCall(frame []byte) error {
	if err := s.pipeline(s.before(frame), false); err != nil || s.skip {
		return err
	}
	return s.refuse(notSupported("function calls by protocol not supported"))
}
