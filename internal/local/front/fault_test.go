package front

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/local/fault"
)

// Each fault in turn at 100 %, for implicit and explicit transactions.
func TestFaults(t *testing.T) {
	ctx := context.Background()
	for _, explicit := range []bool{false, true} {
		for _, c := range []struct {
			fault string
			rows  int // that two inserts leave
			check func(t *testing.T, err error, took time.Duration)
		}{
			{"conflict=100%", 0, func(t *testing.T, err error, _ time.Duration) {
				wantCode(t, err, "40001", "change conflicts with another transaction (OC000)")
			}},
			{"drop=100%", 1, func(t *testing.T, err error, _ time.Duration) {
				if err == nil || asPg(err, new(*pgconn.PgError)) {
					t.Errorf("%v, want a lost connection", err)
				}
			}},
			{"slow=100%:150ms", 2, delayed},
			{"stall=100%:150ms", 2, delayed},
		} {
			t.Run(fmt.Sprintf("%s/explicit=%t", c.fault[:4], explicit), func(t *testing.T) {
				drawn, err := fault.Parse(c.fault)
				if err != nil {
					t.Fatal(err)
				}
				f := start(t, func(o *Options) { o.Faults = fault.List{drawn} })
				name := table(t)
				for i := range 2 {
					conn := connect(t, f, "")
					began := time.Now()
					c.check(t, insertOne(ctx, conn, name, i, explicit), time.Since(began))
				}
				if n := count(t, direct(t), name); n != c.rows {
					t.Errorf("%d rows, want %d", n, c.rows)
				}
				wanted := map[string]int64{drawn.Name: 2}
				if drawn.Name == fault.Drop {
					wanted = map[string]int64{fault.DropBefore: 1, fault.DropAfter: 1}
				}
				if diff := cmp.Diff(wanted, f.Injected()); diff != "" {
					t.Errorf("injected (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func delayed(t *testing.T, err error, took time.Duration) {
	t.Helper()
	if err != nil || took < 150*time.Millisecond {
		t.Errorf("%v after %v, want success after 150ms", err, took)
	}
}

func insertOne(ctx context.Context, c *pgx.Conn, table string, id int, explicit bool) error {
	insert := func(c interface {
		Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
	},
	) error {
		_, err := c.Exec(ctx, "INSERT INTO "+table+" VALUES ($1, 'x') ON CONFLICT (id) DO NOTHING", id)
		return err
	}
	if !explicit {
		return insert(c)
	}
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error { return insert(tx) })
}

func TestFaultRefuse(t *testing.T) {
	f := start(t, func(o *Options) { o.Faults = fault.List{{Name: fault.Refuse, Probability: 1}} })
	wantCode(t, connectError(f, adminUser, tokenOf(t, adminUser), ""), "53400", "Unable to accept connection, rate exceeded.")
	if n := f.Injected()[fault.Refuse]; n != 1 {
		t.Errorf("%d refusals counted, want 1", n)
	}
}

// Reads are not subject to faults of commits.
func TestFaultsSpareReads(t *testing.T) {
	f := start(t, func(o *Options) { o.Faults = fault.List{{Name: fault.Conflict, Probability: 1}} })
	run(t, connect(t, f, ""), "SELECT 1", "BEGIN", "SELECT 1", "COMMIT")
	if n := f.Injected()[fault.Conflict]; n != 0 {
		t.Errorf("%d conflicts, want none", n)
	}
}

// Many sessions over few connections, with everything going wrong at times: what
// was acknowledged is there, once.
func TestConcurrency(t *testing.T) {
	const sessions, each, servers = 200, 100, 8
	f := start(t, func(o *Options) {
		o.ServerConns, o.Seed = servers, 42
		o.Limits.ConnectRate = 10_000
		o.Faults = fault.List{{Name: fault.Conflict, Probability: 0.05}, {Name: fault.Drop, Probability: 0.01}}
	})
	name := table(t)
	token := tokenOf(t, adminUser)
	acknowledged := make([]int, sessions)
	var wg sync.WaitGroup
	for i := range sessions {
		wg.Go(func() {
			c := client{url: urlFor(f, adminUser, token, ""), table: name}
			defer c.close()
			for n := range each {
				if err := c.insert(i*each + n); err != nil {
					t.Errorf("insert %d: %v", i*each+n, err)
					return
				}
				acknowledged[i]++
			}
		})
	}
	wg.Wait()
	c := direct(t)
	if n := count(t, c, name); n != sessions*each {
		t.Errorf("%d rows, want %d", n, sessions*each)
	}
	injected := f.Injected()
	for _, name := range []string{fault.Conflict, fault.DropBefore, fault.DropAfter} {
		if injected[name] == 0 {
			t.Errorf("no %s injected", name)
		}
	}
	// Those of blocks that waited for their clients are closed again. The watch has
	// one of its own.
	eventually.True(t, fmt.Sprintf("PostgreSQL has %d connections at most", servers+1), func() bool {
		var used int
		err := c.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dsql-front'").Scan(&used)
		return err == nil && used <= servers+1
	})
}

// client sends an insert until it is acknowledged.
type client struct {
	url, table string
	conn       *pgx.Conn
}

func (c *client) insert(id int) error {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	for {
		err := c.try(ctx, id)
		var refused *pgconn.PgError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil, asPg(err, &refused) && refused.Code != "40001":
			return err
		case refused == nil:
			c.close()
		}
	}
}

func (c *client) try(ctx context.Context, id int) (err error) {
	if c.conn == nil {
		if c.conn, err = pgx.Connect(ctx, c.url); err != nil {
			return err
		}
	}
	return insertOne(ctx, c.conn, c.table, id, rand.IntN(4) == 0)
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close(context.Background()) // it may be cut
		c.conn = nil
	}
}
