package dsql

import (
	"context"
	"time"

	"dsql-load-test/internal/dsql/failure"
)

// Patiently calls ask again, with pauses that grow, while its error is of a
// cause that passes, for as long as limit after the first one. It calls waiting,
// unless that is nil, with each such error.
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
