package front

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A cursor that outlives its transaction is its session's, and ends with it.
func TestHeldCursor(t *testing.T) {
	f := start(t, func(o *Options) { o.ServerConns = 2 })
	ctx := context.Background()
	a, b := connect(t, f, ""), connect(t, f, "")
	const declare, fetch = "DECLARE held NO SCROLL CURSOR WITH HOLD FOR SELECT * FROM generate_series(1, 10)", "FETCH 2 FROM held"
	run(t, a, declare, "SET timezone TO 'Asia/Tokyo'")
	for range 3 {
		_, err := b.Exec(ctx, fetch)
		wantCode(t, err, "34000", `cursor "held" does not exist`)
		tag, err := a.Exec(ctx, fetch)
		if err != nil || tag.String() != "FETCH 2" {
			t.Errorf("%v, %v", tag, err)
		}
		run(t, a, "BEGIN", fetch, "ROLLBACK")
	}
	run(t, a, "CLOSE held")
	_, err := a.Exec(ctx, fetch)
	wantCode(t, err, "34000", `cursor "held" does not exist`)
	for range 3 { // sessions that leave theirs open
		c, err := pgx.Connect(ctx, address(f, adminUser, tokenOf(t, adminUser), ""))
		if err != nil {
			t.Fatal(err)
		}
		run(t, c, declare)
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	run(t, a, "SELECT 1", declare)
	run(t, b, declare, "CLOSE ALL")
	run(t, connect(t, f, ""), "SELECT 1")
}
