package session

import (
	"fmt"
	"slices"

	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/local/front/wire"
)

// serverError is an error that PostgreSQL sent.
type serverError struct {
	frame []byte
	ended *wire.Error // why the watch cancelled the statement, if it did
}

// SQLSTATEs of PostgreSQL's, beside those that package dsql knows.
const (
	uniqueViolation = "23505"
	undefinedColumn = "42703"
)

// ends reports whether one of PostgreSQL's time limits has ended the connection, and so
// has rolled back the transaction.
func (e *serverError) ends() bool {
	return slices.Contains([]string{failure.IdleSession, failure.IdleTransaction, failure.LongTransaction}, e.field('C'))
}

// failure reads an ErrorResponse.
func (v *server) failure(frame []byte) *serverError {
	e := &serverError{frame: append([]byte(nil), frame...)}
	v.stale = v.stale || slices.Contains([]string{failure.NotWritable, failure.IdleSession}, e.field('C'))
	if e.field('C') == failure.Cancelled {
		v.mu.Lock() // the watch may not be done
		e.ended = v.ended
		v.mu.Unlock()
	}
	return e
}

// Error returns the message and the SQLSTATE.
func (e *serverError) Error() string {
	return fmt.Sprintf("%s (SQLSTATE %s)", e.field('M'), e.field('C'))
}

func (e *serverError) field(name byte) string { return wire.ErrorField(e.frame, name) }

// forClient returns what a client gets: DSQL's words where it has its own.
func (e *serverError) forClient(ddl bool) answer {
	if r := e.translated(ddl); r != nil {
		return r
	}
	if e.ends() { // not the client's connection
		return e.refusal()
	}
	return e
}

func (e *serverError) refusal() *wire.Error {
	return &wire.Error{Code: e.field('C'), Message: e.field('M'), Detail: e.field('D'), Hint: e.field('H')}
}

// Append appends PostgreSQL's own frame.
func (e *serverError) Append(b []byte) []byte { return append(b, e.frame...) }

// translated returns DSQL's error for PostgreSQL's, or nil if the client gets
// PostgreSQL's.
func (e *serverError) translated(ddl bool) *wire.Error {
	code := e.field('C')
	// Two statements that make objects of one name conflict in PostgreSQL's catalog.
	catalog := code == uniqueViolation && e.field('s') == "pg_catalog" || e.field('M') == "tuple concurrently updated"
	failed := e.ended != nil || code == "40001" || code == "40P01"
	switch {
	case ddl && (failed || catalog):
		return schemaConflict()
	case e.ended != nil:
		return e.ended
	case failed:
		return conflict()
	}
	return nil
}
