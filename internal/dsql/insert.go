package dsql

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/event"
)

// Table is the name of the table that a load test writes to.
const Table = table.Name

const (
	columns     = "id, event_name, event_type, created_date, saved_date, event_data"
	skipPresent = " ON CONFLICT (id) DO NOTHING"
)

// Insert is one INSERT statement of a fixed number of rows. pgx prepares it once on each
// connection, but not behind a pooler that lends connections for less than a session. It is not
// safe for concurrent use.
type Insert struct {
	db       *DB
	arrays   *arrays // of an INSERT by unnest, else nil
	sql      string
	args     []any
	attempts []bench.Attempt // reused by each statement
	arrived  time.Time       // when the last answer reached the socket; zero if that isn't known
	// generation is the pool's when the last attempt began. Its connection is of that
	// generation or a later one.
	generation int64
}

// NewInsert returns the statement of a form that inserts rows rows. The form may be empty, which
// means bench.ByValues.
func (db *DB) NewInsert(form bench.Form, rows int) (*Insert, error) {
	if rows < 1 {
		return nil, errors.New("a statement needs at least one row")
	}
	if form == bench.ByUnnest {
		return &Insert{db: db, arrays: newArrays()}, nil
	}
	return &Insert{db: db, sql: InsertSQL(rows), args: make([]any, rows*bench.RowParameters)}, nil
}

// InsertSQL returns the text of the statement that inserts rows rows. It skips rows whose id is
// in the table already.
func InsertSQL(rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + Table + " (" + columns + ") VALUES ")
	for i := range rows * bench.RowParameters {
		switch {
		case i == 0:
			b.WriteString("($")
		case i%bench.RowParameters == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteString(")" + skipPresent)
	return b.String()
}

// Summary returns the statement's text for a human: of a batch only the first row, and of an
// INSERT by unnest no casts.
func Summary(form bench.Form, rows int) string {
	if form == bench.ByUnnest {
		return UnnestSQL(nil)
	}
	if rows == 1 {
		return InsertSQL(1)
	}
	return strings.Replace(InsertSQL(1), " ON CONFLICT", ", ... ON CONFLICT", 1)
}

// Exec inserts events, as many as the statement has rows, in one transaction. It returns how many
// rows the database reports as inserted; failure.Explain explains an error.
func (s *Insert) Exec(ctx context.Context, events []event.Event) (affected int64, err error) {
	s.arrived, s.generation = time.Time{}, s.db.writes.generation.Load()
	conn, err := s.db.pool.Acquire(ctx)
	if err != nil {
		return 0, &failure.Unsent{Err: err}
	}
	defer conn.Release()
	tag, err := s.send(ctx, conn.Conn(), events)
	if err != nil {
		return 0, err // the commit comes after the command tag, and may fail then
	}
	s.arrived = lastArrival(conn.Conn().PgConn().Conn())
	return tag.RowsAffected(), nil
}

func (s *Insert) send(ctx context.Context, conn *pgx.Conn, events []event.Event) (pgconn.CommandTag, error) {
	if s.arrays != nil {
		return s.execUnnest(ctx, conn, events)
	}
	for i := range events {
		e := &events[i]
		a := s.args[i*bench.RowParameters : (i+1)*bench.RowParameters]
		a[0], a[1], a[2], a[3], a[4], a[5] = e.ID, e.Name, string(e.Type), e.Created, e.Saved, e.Data
	}
	return conn.Exec(ctx, s.sql, s.args...)
}
