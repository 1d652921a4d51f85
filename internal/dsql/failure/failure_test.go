package failure

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/bench"
)

// An error that leaves the outcome of a statement unknown doesn't do so while it is prepared:
// nothing was sent.
func TestUnprepared(t *testing.T) {
	for code, sent := range map[string]bench.Outcome{"08006": bench.Unknown, "XX000": bench.Unknown, "40001": bench.Failed} {
		err := &pgconn.PgError{Code: code, Message: "of the server"}
		want := Explain(err)
		if want.Outcome != sent {
			t.Errorf("%s: %s, want %s", code, want.Outcome, sent)
		}
		want.Outcome = bench.Failed
		if got := Explain(&Unprepared{Err: err}); got != want {
			t.Errorf("%s before it was sent: %+v, want %+v", code, got, want)
		}
	}
}
