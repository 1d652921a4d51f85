package session

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/local/front/wire"
)

// serverError is an error that PostgreSQL sent.
type serverError struct {
	pgproto3.ErrorResponse
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
	return slices.Contains([]string{failure.IdleSession, failure.IdleTransaction, failure.LongTransaction}, e.Code)
}

// failure reads an ErrorResponse.
func (v *server) failure(frame []byte) *serverError {
	e := &serverError{frame: bytes.Clone(frame)}
	_ = e.Decode(wire.Body(frame)) // fields that can't be read stay empty
	v.stale = v.stale || slices.Contains([]string{failure.NotWritable, failure.IdleSession}, e.Code)
	if e.Code == failure.Cancelled {
		v.mu.Lock() // the watch may not be done
		e.ended = v.ended
		v.mu.Unlock()
	}
	return e
}

// Error returns the message and the SQLSTATE.
func (e *serverError) Error() string {
	return fmt.Sprintf("%s (SQLSTATE %s)", e.Message, e.Code)
}

// forClient returns what a client gets: DSQL's words where it has its own.
func (e *serverError) forClient(ddl bool) answer {
	if r := e.translated(ddl); r != nil {
		return r
	}
	return e
}

func (e *serverError) refusal() *wire.Error {
	return &wire.Error{Code: e.Code, Message: e.Message, Detail: e.Detail, Hint: e.Hint}
}

// Append appends PostgreSQL's own frame.
func (e *serverError) Append(b []byte) []byte { return append(b, e.frame...) }

// translated returns DSQL's error for PostgreSQL's, or nil if the client gets
// PostgreSQL's.
func (e *serverError) translated(ddl bool) *wire.Error {
	// Two statements that make objects of one name conflict in PostgreSQL's catalog.
	catalog := e.Code == uniqueViolation && e.SchemaName == "pg_catalog" || e.Message == "tuple concurrently updated"
	failed := e.ended != nil || e.Code == "40001" || e.Code == "40P01"
	switch {
	case ddl && (failed || catalog):
		return schemaConflict()
	case e.ended != nil:
		return e.ended
	case failed:
		return conflict()
	case e.ends(): // PostgreSQL's connection, not the client's
		return e.refusal()
	}
	return nil
}
