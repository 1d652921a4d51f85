package failure

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// unconnected is a pgconn.ConnectError with each reason once: pgx tries each address
// of a name, and again without TLS where it may, and lists all failures.
type unconnected struct {
	error  // the ConnectError, or what wraps it
	failed *pgconn.ConnectError
}

func (e *unconnected) Error() string {
	c := e.failed.Config
	told := fmt.Sprintf("failed to connect to `user=%s database=%s`: %s", c.User, c.Database, reasons(e.failed, true))
	return flat(strings.Replace(e.error.Error(), e.failed.Error(), told, 1))
}
func (e *unconnected) Unwrap() error { return e.error }

// unaddressed is an unconnected whose address and user are in the message before it.
type unaddressed struct{ unconnected }

func (e *unaddressed) Error() string {
	return flat(strings.Replace(e.error.Error(), e.failed.Error(), reasons(e.failed, false), 1))
}

// WithoutAddress returns the error of a connection without its address and user, and any
// other error as it is.
func WithoutAddress(err error) error {
	if failed := new(pgconn.ConnectError); errors.As(err, &failed) {
		return &unaddressed{unconnected{err, failed}}
	}
	return err
}

// reasons returns the different reasons of a failed connection. A reason has its address
// where that differs from the address before; a single address is shown only if wanted.
func reasons(failed *pgconn.ConnectError, single bool) string {
	var tried, said []string
	for _, err := range tries(failed.Unwrap()) {
		if at, _ := addressed(err); !slices.Contains(tried, at) {
			tried = append(tried, at)
		}
	}
	last, all := "", []string(nil)
	for _, err := range tries(failed.Unwrap()) {
		if slices.Contains(said, err.Error()) {
			continue
		}
		said = append(said, err.Error())
		at, why := addressed(err)
		if at != last && (single || len(tried) > 1) {
			why = at + why
		}
		last, all = at, append(all, why)
	}
	return strings.Join(all, "; ")
}

// tries are the failures that pgx joined.
func tries(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, tries(e)...)
		}
		return all
	}
	if inner := errors.Unwrap(err); inner != nil {
		if _, ok := inner.(interface{ Unwrap() []error }); ok { // of names that can't be resolved
			return tries(inner)
		}
	}
	return []error{err}
}

// addressed separates a failure from the address that pgx puts before it, as
// "127.0.0.1:5432 (localhost): ", which is empty without one.
func addressed(err error) (at, why string) {
	inner := errors.Unwrap(err)
	if inner == nil {
		return "", err.Error()
	}
	at, found := strings.CutSuffix(err.Error(), inner.Error())
	if !found || !strings.HasSuffix(at, "): ") {
		return "", err.Error()
	}
	return at, inner.Error()
}
