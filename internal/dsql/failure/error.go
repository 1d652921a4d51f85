package failure

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Unsent is the error of a statement that wasn't sent: there was no connection.
type Unsent struct{ Err error }

func (e *Unsent) Error() string { return e.Err.Error() }
func (e *Unsent) Unwrap() error { return e.Err }

// Unprepared is the error of a statement that wasn't sent: preparing it failed.
type Unprepared struct{ Err error }

func (e *Unprepared) Error() string { return e.Err.Error() }
func (e *Unprepared) Unwrap() error { return e.Err }

// NoToken is the error of a connection for which no IAM token could be made.
type NoToken struct{ Err error }

func (e *NoToken) Error() string { return "make an IAM token: " + e.Err.Error() }
func (e *NoToken) Unwrap() error { return e.Err }

// Unanswered is the error of a query whose answer didn't come in time.
type Unanswered struct {
	Err   error
	After time.Duration
}

func (e *Unanswered) Error() string { return fmt.Sprintf("no answer within %.0f s", e.After.Seconds()) }
func (e *Unanswered) Unwrap() error { return e.Err }

// Refused reports whether the database refused with one of these SQLSTATEs.
func Refused(err error, sqlstates ...string) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && slices.Contains(sqlstates, refused.Code)
}

// Absent reports whether the database doesn't have the table or function of a query, or
// doesn't show it to this user.
func Absent(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (strings.HasPrefix(refused.Code, accessRule) || strings.HasPrefix(refused.Code, unsupported))
}
