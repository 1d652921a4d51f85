package front

import "github.com/jackc/pgx/v5/pgproto3"

// checkPortal is the portal's name of a statement with its lock clauses.
const checkPortal = "front locks"

// prepareAsked lets PostgreSQL look at the statement as the client wrote it, with
// its lock clauses.
func (s *session) prepareAsked(l *locking, oids []byte) {
	b, at := begin(s.out, 'P')
	s.out = end(append(appendText(append(b, 0), l.asked), oids...), at)
	s.steps = append(s.steps, step{want: '1', silent: true})
}

// planAsked lets PostgreSQL plan it, too, and execute nothing. parameters are those
// of a Bind, after its names.
func (s *session) planAsked(l *locking, oids, parameters []byte) {
	s.prepareAsked(l, oids)
	b, at := begin(s.out, 'B')
	s.out = end(append(append(appendText(b, checkPortal), 0), parameters...), at)
	s.out = appendFrame(s.out, 'C', "P"+checkPortal)
	s.steps = append(s.steps, step{want: '2', silent: true}, step{want: '3', silent: true})
}

// visible takes the columns that the front has added out of a frame. In a block it
// notes the rows that they tell.
func (s *session) visible(l *locking, frame []byte) []byte {
	hidden := len(l.strengths)
	var description pgproto3.RowDescription
	var row pgproto3.DataRow
	switch kind, body := kindOf(frame), bodyOf(frame); {
	case kind == 'T' && description.Decode(body) == nil && len(description.Fields) >= hidden:
		description.Fields = description.Fields[:len(description.Fields)-hidden]
		return encode(nil, &description)
	case kind == 'D' && row.Decode(body) == nil && len(row.Values) >= hidden:
		first := len(row.Values) - hidden
		if s.tx.explicit {
			s.lock(l, row.Values[first:])
		}
		row.Values = row.Values[:first]
		return encode(nil, &row)
	}
	return frame
}

// lock notes the rows that the columns of one row tell.
func (s *session) lock(l *locking, columns [][]byte) {
	for i, strength := range l.strengths {
		r, ok := lockedRowOf(columns[i], strength)
		if !ok {
			continue
		}
		if len(s.tx.locked) == 0 {
			s.group.locks.holders.Add(1)
		}
		s.tx.locked = append(s.tx.locked, r)
	}
}
