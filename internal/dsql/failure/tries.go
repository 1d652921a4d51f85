package failure

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// unconnected is a pgconn.ConnectError that shows each reason once. pgx tries each address of
// a name, and again without TLS if it may, and lists all failures.
type unconnected struct {
	error  // the ConnectError, or its wrapper
	failed *pgconn.ConnectError
	// addressed: the message before this error has the address and the user.
	addressed bool
}

func (e *unconnected) Error() string {
	shown := reasons(e.failed, !e.addressed)
	if c := e.failed.Config; !e.addressed {
		shown = fmt.Sprintf("failed to connect to `user=%s database=%s`: %s", c.User, c.Database, shown)
	}
	return flat(strings.Replace(e.error.Error(), e.failed.Error(), shown, 1))
}
func (e *unconnected) Unwrap() error { return e.error }

// WithoutAddress returns the error of a connection without its address and user, and any
// other error as it is.
func WithoutAddress(err error) error {
	if failed := new(pgconn.ConnectError); errors.As(err, &failed) {
		return &unconnected{err, failed, true}
	}
	return err
}

// reasons returns the different reasons of a failed connection. A reason begins with its
// address if that differs from the address before; a single address is shown only if single.
func reasons(failed *pgconn.ConnectError, single bool) string {
	var tried, said []string
	for _, err := range tries(failed.Unwrap()) {
		if at, _ := cutAddress(err); !slices.Contains(tried, at) {
			tried = append(tried, at)
		}
	}
	last, all := "", []string(nil)
	for _, err := range tries(failed.Unwrap()) {
		if slices.Contains(said, err.Error()) {
			continue
		}
		said = append(said, err.Error())
		at, why := cutAddress(err)
		if at != last && (single || len(tried) > 1) {
			why = at + why
		}
		last, all = at, append(all, why)
	}
	return strings.Join(all, "; ")
}

// tries returns the failures that pgx joined.
func tries(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok { // it wraps them if names can't be resolved
		joined, ok = errors.Unwrap(err).(interface{ Unwrap() []error })
	}
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, tries(e)...)
	}
	return all
}

// cutAddress separates a failure from the address that pgx puts before it, such as
// "127.0.0.1:5432 (localhost): "; at is empty without one.
func cutAddress(err error) (at, why string) {
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
