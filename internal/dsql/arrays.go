package dsql

import (
	"context"
	"encoding/binary"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/event"
)

// arrays are the parameters of an INSERT by unnest, an array of texts for each column.
type arrays struct {
	buffer  []byte // holds them all; each statement reuses it
	params  [][]byte
	formats []int16
}

func newArrays() *arrays {
	a := &arrays{params: make([][]byte, bench.RowParameters), formats: make([]int16, bench.RowParameters)}
	for i := range a.formats {
		a.formats[i] = pgtype.BinaryFormatCode // which needs no quoting, unlike the text of an array
	}
	return a
}

// fill sets the arrays to the values of events.
func (a *arrays) fill(u *unnest, events []event.Event) {
	var ends [bench.RowParameters]int
	a.buffer = a.buffer[:0]
	for column := range ends {
		a.buffer = appendHeader(a.buffer, len(events))
		for i := range events {
			length := len(a.buffer)
			a.buffer = u.appendValue(append(a.buffer, 0, 0, 0, 0), &events[i], column)
			binary.BigEndian.PutUint32(a.buffer[length:], uint32(len(a.buffer)-length-4))
		}
		ends[column] = len(a.buffer)
	}
	start := 0 // the buffer doesn't move any more
	for column, end := range ends {
		a.params[column], start = a.buffer[start:end], end
	}
}

// appendHeader appends the header of PostgreSQL's binary array with n texts (array_send in
// arrayfuncs.c): one dimension, no NULL, the element's type, the length, and the first index.
func appendHeader(b []byte, n int) []byte {
	for _, field := range [...]uint32{1, 0, pgtype.TextOID, uint32(n), 1} {
		b = binary.BigEndian.AppendUint32(b, field)
	}
	return b
}

const (
	isoTime = "2006-01-02T15:04:05.000000Z07:00"
	goTime  = "2006-01-02 15:04:05.999999999 -0700 MST" // of time.Time's String
)

// appendValue appends the text of an event's value in a column.
func (u *unnest) appendValue(b []byte, e *event.Event, column int) []byte {
	switch column {
	case 0:
		return append(b, e.ID...)
	case 1:
		return append(b, e.Name...)
	case 2:
		return append(b, e.Type...)
	case 5:
		return append(b, e.Data...)
	}
	at, layout := e.Created, isoTime
	if column == 4 {
		at = e.Saved
	}
	if u.goTime[column] {
		layout = goTime
	}
	return at.AppendFormat(b, layout)
}

// texts returns the arrays for the simple protocol, in which pgx quotes them.
func (u *unnest) texts(events []event.Event) []any {
	all := make([]any, bench.RowParameters)
	for column := range all {
		values := make([]string, len(events))
		for i := range events {
			values[i] = string(u.appendValue(nil, &events[i], column))
		}
		all[column] = values
	}
	return all
}

// exec sends the INSERT, which pgx prepares only once on each connection if prepared is set.
// Otherwise nothing needs to be asked first, because the text shows the types of all parameters.
func (a *arrays) exec(ctx context.Context, conn *pgx.Conn, sql string, prepared bool) (pgconn.CommandTag, error) {
	if !prepared {
		result := conn.PgConn().ExecParams(ctx, sql, a.params, nil, a.formats, nil).Read()
		return result.CommandTag, result.Err
	}
	statement, err := conn.Prepare(ctx, sql, sql)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	result := conn.PgConn().ExecStatement(ctx, statement, a.params, a.formats, nil).Read()
	return result.CommandTag, result.Err
}
