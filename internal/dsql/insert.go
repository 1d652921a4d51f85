package dsql

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/event"
)

// Table is the name of the table that a load test writes to.
const Table = table.Name

const (
	columns     = "id, event_name, event_type, created_date, saved_date, event_data"
	skipPresent = " ON CONFLICT (id) DO NOTHING"
)

// Insert is one INSERT statement of a fixed number of rows. It is prepared once on each
// connection, but not behind a pooler that lends connections for less than a session. It is not
// safe for concurrent use. Close it after use.
type Insert struct {
	db       *DB
	rows     int
	sql      string
	name     string          // of the prepared statement
	values   [][]byte        // the parameters: the events' own text, row after row, or arrays
	arrays   *arrays         // of an INSERT by unnest, else nil
	attempts []bench.Attempt // reused by each statement
	arrived  time.Time       // when the last answer reached the socket; zero if that isn't known
	held     hold
	buffer   writeBuffer
}

// NewInsert returns the statement of a form that inserts rows rows. An empty form means
// bench.ByValues.
func (db *DB) NewInsert(form bench.Form, rows int) (*Insert, error) {
	if rows < 1 {
		return nil, errors.New("a statement needs at least one row")
	}
	if form == bench.ByUnnest {
		return &Insert{db: db, rows: rows, name: "insert_unnest", arrays: newArrays()}, nil
	}
	return &Insert{db: db, rows: rows, sql: InsertSQL(rows), name: "insert_" + strconv.Itoa(rows), values: make([][]byte, rows*bench.RowParameters)}, nil
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
	defer s.Close()
	a := bench.Attempt{Start: time.Now()}
	err = s.exec(ctx, events, &a)
	return a.Affected, err
}

// exec makes the attempt a, which has begun: it sets all of a but Failure.
func (s *Insert) exec(ctx context.Context, events []event.Event, a *bench.Attempt) (err error) {
	s.arrived = time.Time{}
	querying := a.Start
	if !s.held.good(ctx, s.db) {
		if querying, err = s.take(ctx, a); err != nil {
			a.End = time.Now()
			return err
		}
	}
	s.bind(events)
	a.Affected, err = s.send(ctx)
	a.End, a.Arrived = time.Now(), s.arrived
	a.Timings = append(a.Timings, bench.Timing{Phase: bench.Query, Start: querying, End: a.End, Failed: err != nil})
	return err
}

// bind makes the events' text the statement's parameters.
func (s *Insert) bind(events []event.Event) {
	if s.arrays != nil {
		s.arrays.fill(events)
		s.values = s.arrays.params
		return
	}
	values := s.values[:0]
	for i := range events {
		e := &events[i]
		values = append(values, e.ID, e.Name, e.Type, e.Moment, e.Moment, e.Data)
	}
	s.values = values
}
