package front

import (
	"encoding/binary"
	"errors"
)

// trackPortal is the portal's name of the statement that tracks locks.
const trackPortal = "front locks"

// track notes the rows that a SELECT ... FOR UPDATE of a block locks. parameters
// and oids are its own, as Bind and Parse have them.
func (s *session) track(l *locking, parameters, oids []byte) error {
	if err := s.exchange(false); err != nil || s.skip {
		return err
	}
	v := s.server
	if err := v.do("SAVEPOINT front_locks"); err != nil {
		return s.fail(s.told(err))
	}
	end := "RELEASE front_locks"
	rows, err := v.rows(trackFrames(l.track, parameters, oids))
	var e *serverError
	if errors.As(err, &e) && e.ended != nil {
		return s.fail(s.told(err))
	}
	if err != nil { // no table, say: nothing is locked
		end = "ROLLBACK TO front_locks;" + end
	}
	if !v.broken {
		err = v.do(end)
	}
	if err != nil {
		return s.fail(s.told(err))
	}
	s.lock(l, rows)
	return nil
}

// trackFrames execute the statement sql once.
func trackFrames(sql string, parameters, oids []byte) []byte {
	b, at := begin(nil, 'P')
	b = end(append(appendText(append(b, 0), sql), oids...), at)
	b, at = begin(b, 'B')
	b = end(append(append(appendText(b, trackPortal), 0), parameters...), at)
	b, at = begin(b, 'E')
	b = end(append(appendText(b, trackPortal), 0, 0, 0, 0), at)
	b = appendFrame(b, 'C', "P"+trackPortal)
	return append(b, 'S', 0, 0, 0, 4)
}

// lock notes the rows that track has found.
func (s *session) lock(l *locking, rows [][]byte) {
	had := len(s.tx.locked)
	for _, row := range rows {
		columns := columnsOf(row)
		first := len(columns) - len(l.strengths)
		for i, strength := range l.strengths {
			if first < 0 {
				break
			}
			if r, ok := lockedRowOf(columns[first+i], strength); ok {
				s.tx.locked = append(s.tx.locked, r)
			}
		}
	}
	if had == 0 && len(s.tx.locked) > 0 {
		s.front.locks.holders.Add(1)
	}
}

// columnsOf are the columns of a DataRow's body; NULL is nil.
func columnsOf(body []byte) (columns [][]byte) {
	if len(body) < 2 {
		return nil
	}
	for body = body[2:]; len(body) >= 4; {
		n := int(int32(binary.BigEndian.Uint32(body)))
		if body = body[4:]; n < 0 {
			columns = append(columns, nil)
			continue
		}
		n = min(n, len(body))
		columns = append(columns, body[:n])
		body = body[n:]
	}
	return columns
}

// parametersOf is the part of a Bind after its names without the formats of the
// results: all are text.
func parametersOf(rest []byte) []byte {
	at := 0
	count := func() int {
		if at+2 > len(rest) {
			return -1
		}
		at += 2
		return int(binary.BigEndian.Uint16(rest[at-2:]))
	}
	if n := count(); n >= 0 {
		at += 2 * n
	}
	for n := count(); n > 0 && at+4 <= len(rest); n-- {
		size := int(int32(binary.BigEndian.Uint32(rest[at:])))
		at += 4 + max(size, 0)
	}
	if at > len(rest) {
		return nil
	}
	return append(append([]byte(nil), rest[:at]...), 0, 0)
}
