package dsql

import (
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// keptBytes is the size up to which a pgproto3.Frontend keeps its write buffer after a flush. It
// drops a larger one, and would grow another one for each batch.
const keptBytes = 1024

// writeBuffer is a message of no bytes that gives the Frontend a write buffer for the messages after it.
type writeBuffer struct {
	pgproto3.Sync // the other methods of a message, which nothing calls
	buffer        []byte
}

// Encode implements pgproto3.Message.
func (w *writeBuffer) Encode(dst []byte) ([]byte, error) {
	if len(dst) > 0 {
		return dst, nil
	}
	return w.buffer[:0], nil
}

// give gives conn the buffer for a statement of values. It must be larger than keptBytes,
// else the Frontend would keep the buffer when the connection is used by others.
func (w *writeBuffer) give(conn *pgconn.PgConn, sql string, values [][]byte) {
	size := 0
	for _, v := range values {
		size += 4 + len(v) // as Bind has it
	}
	if size > keptBytes {
		w.buffer = slices.Grow(w.buffer[:0], size+len(sql)+keptBytes)
		conn.Frontend().Send(w)
	}
}
