package dsql

import (
	"encoding/binary"

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
func (a *arrays) fill(events []event.Event) {
	var ends [bench.RowParameters]int
	b := a.buffer[:0]
	for column := range ends {
		b = appendHeader(b, len(events))
		for i := range events {
			e := &events[i]
			value := [...][]byte{e.ID, e.Name, e.Type, e.Moment, e.Moment, e.Data}[column]
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(value))), value...)
		}
		ends[column] = len(b)
	}
	start := 0
	for column, end := range ends {
		a.params[column], start = b[start:end], end
	}
	a.buffer = b
}

// headerBytes is the length of the header of an array in PostgreSQL's binary format.
const headerBytes = 5 * 4

// appendHeader appends the header of an array with n texts (array_send in arrayfuncs.c): one
// dimension, no NULL, the element's type, the length, and the first index.
func appendHeader(b []byte, n int) []byte {
	for _, field := range [...]uint32{1, 0, pgtype.TextOID, uint32(n), 1} {
		b = binary.BigEndian.AppendUint32(b, field)
	}
	return b
}

// texts returns the arrays for the simple protocol, in which pgx quotes them.
func (a *arrays) texts() []any {
	all := make([]any, len(a.params))
	for column, param := range a.params {
		values := []string{}
		for rest := param[headerBytes:]; len(rest) > 0; {
			end := 4 + binary.BigEndian.Uint32(rest)
			values, rest = append(values, string(rest[4:end])), rest[end:]
		}
		all[column] = values
	}
	return all
}
