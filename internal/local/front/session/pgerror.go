package session

import (
	"fmt"
	"slices"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/local/front/wire"
)

// serverError is an ErrorResponse of PostgreSQL's.
type serverError struct {
	frame []byte
	ended *wire.Error // why the watch cancelled the statement, if it did
}

// SQLSTATEs of PostgreSQL's, beside those that package dsql knows.
const (
	uniqueViolation = "23505"
	undefinedColumn = "42703"
)

// ends reports whether a time limit of PostgreSQL's ended the connection with the error,
// and rolled back what was sent.
func (e *serverError) ends() bool {
	return slices.Contains([]string{dsql.IdleSession, dsql.IdleTransaction, dsql.LongTransaction}, e.field('C'))
}

// failure reads an ErrorResponse.
func (v *server) failure(frame []byte) *serverError {
	e := &serverError{frame: append([]byte(nil), frame...)}
	v.stale = v.stale || slices.Contains([]string{dsql.NotWritable, dsql.IdleSession}, e.field('C'))
	if e.field('C') == dsql.Cancelled {
		v.mu.Lock() // the watch may not be done
		e.ended = v.ended
		v.mu.Unlock()
	}
	return e
}

func (e *serverError) Error() string {
	return fmt.Sprintf("%s (SQLSTATE %s)", e.field('M'), e.field('C'))
}

func (e *serverError) field(name byte) string { return wire.ErrorField(e.frame, name) }

// told is what a client is told: DSQL's words where it has its own.
func (e *serverError) told(ddl bool) answer {
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

func (e *serverError) Append(b []byte) []byte { return append(b, e.frame...) }

// translated is what a client is told instead of PostgreSQL's error, or nil to
// pass that on.
func (e *serverError) translated(ddl bool) *wire.Error {
	code := e.field('C')
	// Two that make an object of one name meet in PostgreSQL's catalog.
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
