package dsql

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/event"
)

// unnestSQL returns the text of the INSERT that takes an array of texts for each column. It asks
// the database only once which columns need a cast.
func (db *DB) unnestSQL(ctx context.Context, conn *pgconn.PgConn) (string, error) {
	if sql := db.unnest.Load(); sql != nil {
		return *sql, nil
	}
	casts, err := table.Casts(ctx, conn)
	if err != nil {
		return "", fmt.Errorf("ask for the types of the columns: %w", err)
	}
	sql := UnnestSQL(casts)
	if casts != nil {
		db.unnest.Store(&sql)
	}
	return sql, nil
}

// UnnestSQL returns the text of the INSERT with these casts, which table.Casts describes. It is
// the same for any number of rows.
func UnnestSQL(casts []string) string {
	values := strings.Split(columns, ", ")
	for i, cast := range casts {
		if cast != "" {
			values[i] += "::" + cast
		}
	}
	return "INSERT INTO " + Table + " (" + columns + ") SELECT " + strings.Join(values, ", ") +
		" FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS r (" + columns + ")" + skipPresent
}

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
	a.buffer = a.buffer[:0]
	for column := range ends {
		a.buffer = appendHeader(a.buffer, len(events))
		for i := range events {
			value := param(&events[i], column)
			a.buffer = append(binary.BigEndian.AppendUint32(a.buffer, uint32(len(value))), value...)
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

func (a *arrays) send(ctx context.Context, conn *pgx.Conn, sql string, events []event.Event) (pgconn.CommandTag, error) {
	switch mode := conn.Config().DefaultQueryExecMode; mode {
	case pgx.QueryExecModeSimpleProtocol:
		return conn.Exec(ctx, sql, texts(events)...)
	case pgx.QueryExecModeCacheStatement:
		sd, err := conn.Prepare(ctx, sql, sql)
		if err != nil {
			return pgconn.CommandTag{}, err
		}
		a.fill(events)
		result := conn.PgConn().ExecPrepared(ctx, sd.Name, a.params, a.formats, nil).Read()
		return result.CommandTag, result.Err
	}
	a.fill(events)
	result := conn.PgConn().ExecParams(ctx, sql, a.params, nil, a.formats, nil).Read()
	return result.CommandTag, result.Err
}

// texts returns the arrays for the simple protocol, in which pgx quotes them.
func texts(events []event.Event) []any {
	var all []any
	for column := range bench.RowParameters {
		values := make([]string, len(events))
		for i := range events {
			values[i] = string(param(&events[i], column))
		}
		all = append(all, values)
	}
	return all
}

func param(e *event.Event, column int) []byte {
	switch column {
	case 0:
		return []byte(e.ID)
	case 1:
		return []byte(e.Name)
	case 2:
		return []byte(e.Type)
	case 5:
		return e.Data
	}
	return []byte(e.Moment())
}
