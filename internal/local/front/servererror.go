package front

import (
	"bytes"
	"fmt"
	"slices"

	"dsql-load-test/internal/dsql/failure"
)

// serverError is an ErrorResponse of PostgreSQL's.
type serverError struct {
	frame []byte
	ended *refusal // why the watch cancelled the statement, if it did
}

// SQLSTATEs of PostgreSQL's, beside those that package dsql knows.
const (
	uniqueViolation = "23505"
	undefinedColumn = "42703"
)

// ends reports whether a time limit of PostgreSQL's ended the connection with the error,
// and rolled back what was sent.
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

func (e *serverError) Error() string {
	return fmt.Sprintf("%s (SQLSTATE %s)", e.field('M'), e.field('C'))
}

func (e *serverError) field(name byte) string {
	for body := bodyOf(e.frame); len(body) > 1; {
		text, rest, err := cutText(body[1:])
		if err != nil {
			return ""
		}
		if body[0] == name {
			return string(text)
		}
		body = rest
	}
	return ""
}

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

func (e *serverError) refusal() *refusal {
	return &refusal{code: e.field('C'), message: e.field('M'), detail: e.field('D'), hint: e.field('H')}
}

func (e *serverError) append(b []byte) []byte { return append(b, e.frame...) }

// rowsIn is how many rows a CommandComplete says were changed: its last word,
// where its first is that of a change.
func rowsIn(frame []byte) int {
	tag := bytes.TrimRight(bodyOf(frame), "\x00")
	changes := false
	for _, verb := range []string{"INSERT ", "UPDATE ", "DELETE "} {
		changes = changes || bytes.HasPrefix(tag, []byte(verb))
	}
	if !changes {
		return 0
	}
	rows := 0
	for _, c := range tag[bytes.LastIndexByte(tag, ' ')+1:] {
		if !isDigit(c) || rows > 1<<40 {
			return rows
		}
		rows = rows*10 + int(c-'0')
	}
	return rows
}
