package dsql

import (
	"context"
	"time"

	"dsql-load-test/internal/dsql/failure"
)

// Patiently calls ask until it succeeds or its error is of a kind that doesn't pass by itself, but
// not for longer than limit after the first error. The pauses grow. Unless waiting is nil,
// Patiently calls it with each error that may pass.
func Patiently(ctx context.Context, limit time.Duration, waiting func(error), ask func() error) error {
	var first time.Time
	for n := 1; ; n++ {
		err := ask()
		if err == nil || !failure.Passing(err) {
			return err
		}
		if first.IsZero() {
			first = time.Now()
		}
		if waiting != nil {
			waiting(err)
		}
		if time.Since(first) >= limit || !pause(ctx, failure.Later, n) {
			return err
		}
	}
}
