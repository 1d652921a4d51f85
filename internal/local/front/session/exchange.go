package session

import (
	"cmp"
	"errors"

	"dsql-load-test/internal/local/front/wire"
)

// exchange sends s.out to PostgreSQL and collects the answers to s.steps. alone says
// that this is a whole transaction, which PostgreSQL commits itself. If a statement
// fails, the client gets the error, the transaction is rolled back, and s.skip is
// set. An error that exchange returns ends the session.
func (s *Conn) exchange(alone bool) error {
	defer s.emptyOut()
	begins := s.tx.explicit && !s.tx.begun && !s.tx.failed
	if len(s.out) <= beginRoom && !begins {
		for i := range s.steps {
			s.answer = append(s.answer, s.steps[i].local...)
		}
		return nil
	}
	endsItself := len(s.steps) > 0 && s.steps[len(s.steps)-1].want == 'Z' // a Query needs no Sync
	if len(s.out) > beginRoom && !endsItself {
		s.out = append(s.out, 'S', 0, 0, 0, 4)
		s.steps = append(s.steps, step{want: 'Z'})
	}
	from := beginRoom
	if begins || !alone && !s.tx.open {
		from = s.prefixBegin(begins)
	}
	at, failure, err := s.converse(s.out[from:], from < beginRoom)
	if failure == nil {
		return err
	}
	if e, ok := failure.(*serverError); ok && s.keyConflict(e) {
		failure = conflict()
	}
	s.undo(at)
	s.answer = failure.Append(s.answer)
	if begins && !s.tx.begun {
		s.tx.explicit = false
	}
	s.abandon()
	return err
}

// converse sends b and collects the answers. at is the step that failed. A lost
// connection is a failure too.
func (s *Conn) converse(b []byte, began bool) (at int, failure answer, err error) {
	s.server.setBlock(s.tx.explicit)
	s.server.begin()
	defer s.server.finish()
	later, writeErr := s.send(b)
	at, failure, err = s.collect(began)
	if err != nil { // PostgreSQL is gone, or answers that nobody reads are
		s.server.broken = true
		s.server.close() // ends a write that goes on
	}
	if later != nil {
		writeErr = <-later
	}
	if err == nil && failure != nil && s.server.broken { // PostgreSQL said why it ended the connection
		return at, failure, nil
	}
	if err == nil {
		err = writeErr
	}
	if err != nil && !errors.Is(err, errEnd) {
		s.server.broken = true
		return at, serverLost(), nil
	}
	return at, failure, err
}

func (s *Conn) emptyOut() {
	if s.out != nil { // else exchange gave the server connection back
		s.out = s.out[:beginRoom]
	}
	s.steps = s.steps[:0]
}

// prefixBegin puts a BEGIN before the rest of s.out, and returns where it starts. A
// client's block also takes its snapshot.
func (s *Conn) prefixBegin(block bool) int {
	sql := ""
	if !s.tx.open {
		sql = cmp.Or(s.tx.begin, "BEGIN")
		s.tx.open, s.tx.seen = true, s.group.locks.Number()
	}
	if block {
		sql += snapshotSQL
		s.tx.deletes = s.group.deletes.number()
	}
	from := beginRoom - wire.HeadBytes - len(sql) - 1
	wire.AppendFrame(s.out[from:from], 'Q', sql)
	return from
}

// directBytes are few enough for a socket's buffer, even while PostgreSQL writes.
const directBytes = 64 << 10

// send writes b. If PostgreSQL may write more than a socket holds before it has read
// all of b, a goroutine writes, so that the answers can be read meanwhile. It sends
// its error to later.
func (s *Conn) send(b []byte) (later <-chan error, err error) {
	conn := s.server.conn
	executes := 0
	for i := range s.steps {
		if s.steps[i].class != nil {
			executes++
		}
	}
	if len(b) <= directBytes || executes < 2 {
		_, err := conn.Write(b)
		return nil, err
	}
	done := make(chan error, 1)
	go func() {
		_, err := conn.Write(b)
		done <- err
	}()
	return done, nil
}

// collect appends PostgreSQL's answers to those for the client, step by step. It
// returns the step that failed and the error that the client gets.
func (s *Conn) collect(began bool) (at int, failure answer, err error) {
	if began {
		rows, err := s.server.read()
		if e, ok := errors.AsType[*serverError](err); ok && e.ends() {
			return 0, e.refusal(), nil
		}
		if err != nil {
			return 0, nil, err
		}
		s.tx.began(rows)
	}
	for at = range s.steps {
		st := &s.steps[at]
		if st.local != "" {
			s.answer = append(s.answer, st.local...)
			continue
		}
		failure, err = s.answerTo(st)
		if err != nil || failure != nil {
			return at, failure, err
		}
	}
	return at, nil, nil
}

// answerTo passes on the frames that answer one step.
func (s *Conn) answerTo(st *step) (failure answer, err error) {
	for {
		frame, err := s.server.in.Next()
		if err != nil {
			return nil, err
		}
		switch k := wire.Kind(frame); k {
		case 'E':
			e := s.server.failure(frame)
			if st.shape != nil && st.shape.Lock != nil && e.Code == undefinedColumn {
				return refusalOf(st.shape.Lock.NoTable()), s.server.drain()
			}
			err := s.server.drain()
			if e.ends() { // and nothing comes after it
				err = nil
			}
			return e.forClient(s.tx.ddl), err
		case 'C':
			s.tx.rows += wire.RowsChanged(frame)
			if s.tx.rows > s.group.options.Limits.Rows {
				return wire.Errorf("54000", "transaction row limit exceeded"), s.server.drain()
			}
		case 'G', 'H', 'W': // COPY was refused; this can't be
			return nil, wire.ErrMalformed
		case 'Z':
			if len(frame) != wire.HeadBytes+1 || (frame[wire.HeadBytes] == wire.Idle) == s.tx.open {
				return nil, wire.ErrMalformed // somebody ended the transaction behind our back
			}
		}
		if err := s.pass(st, frame); err != nil {
			return nil, err
		}
		if k := wire.Kind(frame); k == st.want || k == st.alt || k == 'I' && st.want == 'C' {
			return nil, nil
		}
	}
}

// pass appends a frame to the answers, if the client asked for it.
func (s *Conn) pass(st *step, frame []byte) error {
	if st.silent || wire.Kind(frame) == 'Z' {
		return nil
	}
	if len(s.answer)+len(frame) > answerBytes {
		if err := s.flush(); err != nil {
			return errEnd
		}
	}
	if st.shape != nil {
		frame = s.reshape(st, frame)
	}
	from := len(s.answer)
	s.answer = append(s.answer, frame...)
	if wire.Kind(frame) == 'C' {
		s.tag, s.tagEnd = from, len(s.answer)
	}
	return nil
}

// drain drops all frames up to ReadyForQuery.
func (v *server) drain() error {
	_, err := v.read()
	if _, ok := errors.AsType[*serverError](err); ok {
		return nil
	}
	return err
}

// undo forgets the statements that the steps from at on were to define.
func (s *Conn) undo(at int) {
	for i := range s.steps[min(at, len(s.steps)):] {
		st := &s.steps[at+i]
		if st.parsed != nil && st.local == "" && s.server != nil {
			delete(s.server.known, st.parsed) // PostgreSQL doesn't know it after all
		}
		if st.closed != nil && s.server != nil {
			s.server.remember(st.closed)
		}
		if st.defines {
			delete(s.statements, st.defined)
		}
	}
}

// fail appends an error, after the answers to the steps before it.
func (s *Conn) fail(r *wire.Error) error {
	if err := s.exchange(false); err != nil || s.skip {
		return err
	}
	s.answer = r.Append(s.answer)
	s.abandon()
	return nil
}

// abandon rolls the transaction back. A block stays, as a failed one, until the client
// ends it.
func (s *Conn) abandon() {
	s.skip = true
	if s.tx.failed {
		return
	}
	explicit := s.tx.explicit
	s.rollback()
	s.tx.explicit, s.tx.failed = explicit, explicit
}
