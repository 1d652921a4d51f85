package front

import "github.com/jackc/pgx/v5/pgproto3"

// simple executes a Query: one statement or several, which are one transaction
// unless they say otherwise.
func (s *session) simple(frame []byte) error {
	text, _, err := cutText(bodyOf(frame))
	all := classify(string(text))
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
		s.answer = append(s.answer, emptyQuery...)
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

// refuse answers a Query that isn't executed.
func (s *session) refuse(r *Error) error {
	if err := s.fail(r); err != nil {
		return err
	}
	return s.ready()
}

// one executes one statement of a Query, alone or not.
func (s *session) one(c *class, alone bool) error {
	var refused *Error
	switch {
	case s.tx.failed && !c.ends():
		refused = inFailedTransaction()
	case c.refused != nil:
		refused = refusalOf(c.refused)
	case c.local():
		r, err := s.control(c)
		if err != nil {
			return err
		}
		if refused = r; r == nil {
			return s.exchange(false)
		}
	default:
		if refused = s.group.ensure(c); refused == nil {
			refused = s.tx.add(c, len(c.sql))
		}
		if refused == nil {
			return s.query(c, alone)
		}
	}
	return s.fail(refused)
}

func (s *session) query(c *class, alone bool) error {
	if err := s.hold(); err != nil {
		return s.fail(s.told(err))
	}
	if c.lock != nil {
		s.planAsked(c.lock, []byte{0, 0}, []byte{0, 0, 0, 0, 0, 0})
		if err := s.exchange(alone && s.harmless()); err != nil || s.skip {
			return err
		}
	}
	s.out = appendFrame(s.out, 'Q', c.sql)
	s.steps = append(s.steps, step{want: 'Z', class: c, shape: c.shape(), simple: true})
	if alone && !s.tx.explicit {
		s.draw()
	}
	return s.exchange(alone && s.harmless())
}

// control executes a statement that PostgreSQL doesn't get.
func (s *session) control(c *class) (*Error, error) {
	switch c.kind {
	case kindBegin:
		return s.beginBlock(c), nil
	case kindCommit:
		return s.commitBlock()
	case kindRollback:
		return nil, s.rollbackBlock()
	case kindDeallocate:
		return s.deallocate(c), nil
	}
	return nil, nil
}

func (s *session) localTag(tag string) { s.local(string(appendFrame(nil, 'C', tag))) }

func (s *session) warn(code, text string) {
	s.local(string(encode(nil, &pgproto3.NoticeResponse{
		Severity: "WARNING", SeverityUnlocalized: "WARNING", Code: code, Message: text,
	})))
}

func (s *session) beginBlock(c *class) *Error {
	switch {
	case s.tx.failed:
		return inFailedTransaction()
	case s.tx.explicit:
		s.warn("25001", "there is already a transaction in progress")
	default:
		if err := s.hold(); err != nil {
			return s.told(err)
		}
		s.tx.explicit, s.tx.begin = true, c.name
	}
	s.localTag("BEGIN")
	return nil
}

// commitBlock executes COMMIT; that of a failed transaction is a ROLLBACK.
func (s *session) commitBlock() (*Error, error) {
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

func (s *session) rollbackBlock() error {
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

func (s *session) deallocate(c *class) *Error {
	switch {
	case c.name == "":
		clear(s.statements)
		s.localTag("DEALLOCATE ALL")
		return nil
	case s.statements[c.name] == nil:
		return noStatement(c.name)
	}
	delete(s.statements, c.name)
	s.localTag("DEALLOCATE")
	return nil
}

// functionCall answers a message that only ancient clients send.
func (s *session) functionCall(frame []byte) error {
	before := s.before(frame)
	if err := s.pipeline(before, false); err != nil || s.skip {
		return err
	}
	return s.refuse(notSupported("function calls by protocol not supported"))
}
