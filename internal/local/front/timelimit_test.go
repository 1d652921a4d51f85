package front

import (
	"context"
	"testing"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/postgrestest"
)

// behind is a front on a PostgreSQL with a setting.
func behind(t *testing.T, setting string, faults ...string) *Front {
	t.Helper()
	return start(t, func(o *Options) {
		o.Upstream = address.Address{URL: postgrestest.Server(t).URL + "&application_name=" + t.Name() + "&options=-c%20" + setting}
		for _, text := range faults {
			fault, err := fault.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			o.Faults = append(o.Faults, fault)
		}
	})
}

// alive is how many connections of the front made by behind PostgreSQL has.
func alive(t *testing.T) (n int) {
	t.Helper()
	if err := direct(t).QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", t.Name()).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What PostgreSQL's time limits end is told by their SQLSTATE, and the client keeps its
// connection. The other idle connections aren't tried one by one.
func TestIdleLimitBehind(t *testing.T) {
	name, f := table(t), behind(t, "idle_session_timeout%3D1000")
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, a, "BEGIN", "INSERT INTO "+name+" VALUES (1, 'a')")
	run(t, b, "INSERT INTO "+name+" VALUES (2, 'b')") // on a second connection
	run(t, a, "COMMIT")
	eventually.True(t, "the connections have ended", func() bool { return alive(t) == 0 })
	_, err := a.Exec(context.Background(), "INSERT INTO "+name+" VALUES (3, 'c')")
	wantCode(t, err, "57P05", "terminating connection due to idle-session timeout")
	run(t, b, "INSERT INTO "+name+" VALUES (3, 'c')")
	run(t, a, "INSERT INTO "+name+" VALUES (4, 'c')")
}

func TestTransactionLimitBehind(t *testing.T) {
	name := table(t)
	f := behind(t, "idle_in_transaction_session_timeout%3D150", "slow=100%:600ms")
	c := connect(t, f, "")
	_, err := c.Exec(context.Background(), "BEGIN; INSERT INTO "+name+" VALUES (1, 'a'); COMMIT")
	wantCode(t, err, "25P03", "terminating connection due to idle-in-transaction timeout")
	var n int
	if err := c.QueryRow(context.Background(), "SELECT count(*) FROM "+name).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A connection to a server that takes no writes isn't lent again.
func TestReadOnlyBehind(t *testing.T) {
	name, f := table(t), behind(t, "default_transaction_read_only%3Don")
	c := connect(t, f, "")
	_, err := c.Exec(context.Background(), "INSERT INTO "+name+" VALUES (1, 'a')")
	wantCode(t, err, "25006", "cannot execute INSERT in a read-only transaction")
	if n := alive(t); n != 0 {
		t.Errorf("%d connections are kept", n)
	}
}
