package session

import (
	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/local/front/lock"
	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// checkPortal is the portal's name of a statement with its lock clauses.
const checkPortal = "front locks"

// prepareAsked lets PostgreSQL parse the statement as the client wrote it, with its lock
// clauses, so that the client gets PostgreSQL's errors.
func (s *Conn) prepareAsked(l *sql.Locking, oids []byte) {
	b, at := wire.Begin(s.out, 'P')
	s.out = wire.End(append(wire.AppendText(append(b, 0), l.Asked), oids...), at)
	s.steps = append(s.steps, step{want: '1', silent: true})
}

// planAsked lets PostgreSQL plan it too, without executing it. parameters are those of
// a Bind, after its names.
func (s *Conn) planAsked(l *sql.Locking, oids, parameters []byte) {
	s.prepareAsked(l, oids)
	b, at := wire.Begin(s.out, 'B')
	s.out = wire.End(append(append(wire.AppendText(b, checkPortal), 0), parameters...), at)
	s.out = wire.AppendFrame(s.out, 'C', "P"+checkPortal)
	s.steps = append(s.steps, step{want: '2', silent: true}, step{want: '3', silent: true})
}

// visible removes the columns from a frame that the front has added. In a block it
// notes the locked rows that they name.
func (s *Conn) visible(l *sql.Locking, frame []byte) []byte {
	hidden := len(l.Strengths)
	var description pgproto3.RowDescription
	var row pgproto3.DataRow
	switch kind, body := wire.Kind(frame), wire.Body(frame); {
	case kind == 'T' && description.Decode(body) == nil && len(description.Fields) >= hidden:
		description.Fields = description.Fields[:len(description.Fields)-hidden]
		return wire.Encode(nil, &description)
	case kind == 'D' && row.Decode(body) == nil && len(row.Values) >= hidden:
		first := len(row.Values) - hidden
		if s.tx.explicit {
			s.lock(l, row.Values[first:])
		}
		row.Values = row.Values[:first]
		return wire.Encode(nil, &row)
	}
	return frame
}

// lock notes the locked rows in the added columns of one row.
func (s *Conn) lock(l *sql.Locking, columns [][]byte) {
	for i, strength := range l.Strengths {
		r, ok := lock.Parse(columns[i], strength)
		if !ok {
			continue
		}
		if len(s.tx.locked) == 0 {
			s.group.locks.Holders.Add(1)
		}
		s.tx.locked = append(s.tx.locked, r)
	}
}
