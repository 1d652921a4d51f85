package failure

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgx puts pgxHook before the error of a handshake, and pgxNil behind one that has no cause.
const (
	pgxHook = "AfterNetConnect failed: "
	pgxNil  = ": %!w(<nil>)"
)

// OneLine returns err with its message on one line, and without pgx's internal words.
func OneLine(err error) error {
	if failed := new(pgconn.ConnectError); errors.As(err, &failed) {
		return &unconnected{err, failed, false}
	}
	if text := err.Error(); !strings.ContainsAny(text, "\n\t") && !strings.Contains(text, pgxHook) && !strings.Contains(text, pgxNil) {
		return err
	}
	return &flatError{err}
}

type flatError struct{ error }

func (e *flatError) Error() string { return flat(e.error.Error()) }
func (e *flatError) Unwrap() error { return e.error }

func flat(text string) string {
	return strings.NewReplacer(pgxHook, "", pgxNil, "").Replace(strings.Join(strings.Fields(text), " "))
}
