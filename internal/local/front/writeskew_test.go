package front

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Transactions that lock one row and add another from what they read are as if
// one came after the other: no two of them have read the same.
func TestRowLocksPreventWriteSkew(t *testing.T) {
	f := start(t, func(o *Options) { o.ServerConns = 8 })
	name := table(t)
	const sessions, rounds = 6, 15
	c := connect(t, f, "")
	run(t, c, "INSERT INTO "+name+" VALUES (0, 'guard')")
	var wg sync.WaitGroup
	for worker := range sessions {
		c := connect(t, f, "")
		wg.Go(func() {
			for round := range rounds {
				id := 1 + worker*rounds + round
				for !tryAdd(t, c, name, id) {
				}
			}
		})
	}
	wg.Wait()
	var rows, distinct int
	if err := c.QueryRow(context.Background(), "SELECT count(*), count(DISTINCT v) FROM "+name+" WHERE id > 0").Scan(&rows, &distinct); err != nil {
		t.Fatal(err)
	}
	if rows != sessions*rounds || distinct != rows {
		t.Errorf("%d rows of %d transactions have read %d numbers", rows, sessions*rounds, distinct)
	}
}

// tryAdd adds a row with the number of rows that there are; false is a conflict.
func tryAdd(t *testing.T, c *pgx.Conn, table string, id int) bool {
	err := pgx.BeginFunc(context.Background(), c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(context.Background(), "SELECT FROM "+table+" WHERE id = 0 FOR UPDATE"); err != nil {
			return err
		}
		var n string
		if err := tx.QueryRow(context.Background(), "SELECT count(*)::text FROM "+table).Scan(&n); err != nil {
			return err
		}
		_, err := tx.Exec(context.Background(), "INSERT INTO "+table+" VALUES ($1, $2)", id, n)
		return err
	})
	if err != nil && !isConflict(err) {
		t.Error(err)
		return true
	}
	return err == nil
}
