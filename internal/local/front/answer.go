package front

import (
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
)

// reshape turns a frame of PostgreSQL's into what the client sees: the row of a
// job, which goes before it, another tag, or fewer columns.
func (s *session) reshape(st *step, frame []byte) []byte {
	switch k := kindOf(frame); {
	case st.shape.lock != nil:
		return s.visible(st.shape.lock, frame)
	case k == 'C' && st.shape.tag != "":
		return appendFrame(nil, 'C', st.shape.tag)
	case k == 'n' && st.shape.job != "":
		return jobColumn()
	case k == 'C' && st.shape.job != "":
		if st.simple {
			s.answer = append(s.answer, jobColumn()...)
		}
		s.answer = encode(s.answer, &pgproto3.DataRow{Values: [][]byte{[]byte(s.tx.job.id)}})
	}
	return frame
}

func jobColumn() []byte {
	return encode(nil, &pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
		{Name: []byte("job_id"), DataTypeOID: pgtype.TextOID, DataTypeSize: -1, TypeModifier: -1},
	}})
}
