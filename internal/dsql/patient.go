package dsql

import (
	"context"
	"strings"
	"time"
)

// Passing reports whether the cause of a query's error passes by itself, so that
// it is worth asking again: a database that takes no connection now, a cluster
// that wakes up, a connection that was cut, a conflict. A database that isn't
// there at all is no such cause.
func Passing(err error) bool {
	f := Explain(err)
	switch {
	case f.Kind == IdleSession:
		return true
	case f.Kind == ConnectFailed, f.Kind == "XX000", f.Kind == NotWritable, strings.HasPrefix(f.SQLSTATE, "57P") && f.SQLSTATE != "57P03":
		return false
	}
	return retryOf(f) != never
}

// Patiently calls ask again, with pauses that grow, while its error is of a
// cause that passes, for as long as limit after the first one. waiting, which may
// be nil, is told each time.
func Patiently(ctx context.Context, limit time.Duration, waiting func(error), ask func() error) error {
	var first time.Time
	for n := 1; ; n++ {
		err := ask()
		if err == nil || !Passing(err) {
			return err
		}
		if first.IsZero() {
			first = time.Now()
		}
		if waiting != nil {
			waiting(err)
		}
		if time.Since(first) >= limit || !pause(ctx, later, n) {
			return err
		}
	}
}
