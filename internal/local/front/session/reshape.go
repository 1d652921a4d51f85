package session

import (
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"dsql-load-test/internal/local/front/wire"
)

// reshape turns a frame of PostgreSQL's into the one that the client gets: with a job's
// row before it, another tag, or fewer columns.
func (s *Conn) reshape(st *step, frame []byte) []byte {
	switch k := wire.Kind(frame); {
	case st.shape.Lock != nil:
		return s.visible(st.shape.Lock, frame)
	case k == 'C' && st.shape.Tag != "":
		return wire.AppendFrame(nil, 'C', st.shape.Tag)
	case k == 'n' && st.shape.Job != "":
		return jobColumn()
	case k == 'C' && st.shape.Job != "":
		if st.simple {
			s.answer = append(s.answer, jobColumn()...)
		}
		s.answer = wire.Encode(s.answer, &pgproto3.DataRow{Values: [][]byte{[]byte(s.tx.job.id)}})
	}
	return frame
}

func jobColumn() []byte {
	return wire.Encode(nil, &pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
		{Name: []byte("job_id"), DataTypeOID: pgtype.TextOID, DataTypeSize: -1, TypeModifier: -1},
	}})
}
