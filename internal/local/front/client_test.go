package front

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/lib/pq"

	"dsql-load-test/internal/local/front/wire"
)

func TestExecModes(t *testing.T) {
	f := start(t, nil)
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			name := table(t)
			c := connect(t, f, "default_query_exec_mode="+mode)
			for i := range 3 {
				tag, err := c.Exec(context.Background(), "INSERT INTO "+name+" VALUES ($1, $2)", i, fmt.Sprint("text ", i))
				if err != nil || tag.RowsAffected() != 1 {
					t.Fatalf("insert %d: %v, %v", i, tag, err)
				}
			}
			var v string
			if err := c.QueryRow(context.Background(), "SELECT v FROM "+name+" WHERE id = $1", 2).Scan(&v); err != nil || v != "text 2" {
				t.Errorf("read %q, %v", v, err)
			}
			tag, err := c.Exec(context.Background(), "UPDATE "+name+" SET v = $1", "new")
			if err != nil || tag.String() != "UPDATE 3" {
				t.Errorf("update: %v, %v", tag, err)
			}
			if _, err := c.Exec(context.Background(), "INSERT INTO "+name+" VALUES ($1, $2)", 1, "again"); err == nil {
				t.Error("a key twice: no error")
			}
			if n := count(t, c, name); n != 3 {
				t.Errorf("%d rows, want 3", n)
			}
		})
	}
}

func TestTransaction(t *testing.T) {
	f := start(t, nil)
	for _, mode := range []string{"cache_statement", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			name := table(t)
			c := connect(t, f, "default_query_exec_mode="+mode)
			ctx := context.Background()
			insert := "INSERT INTO " + name + " VALUES ($1, 'x')"
			commit := func(tx pgx.Tx) error { _, err := tx.Exec(ctx, insert, 1); return err }
			if err := pgx.BeginFunc(ctx, c, commit); err != nil {
				t.Fatal(err)
			}
			tx, err := c.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(ctx, insert, 2); err != nil {
				t.Fatal(err)
			}
			if err := tx.Rollback(ctx); err != nil {
				t.Fatal(err)
			}
			tx, err = c.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(ctx, insert, 3); err != nil {
				t.Fatal(err)
			}
			_, err = tx.Exec(ctx, insert, 1)
			if err == nil || !strings.Contains(err.Error(), "23505") {
				t.Errorf("a key twice: %v", err)
			}
			_, err = tx.Exec(ctx, insert, 4)
			wantCode(t, err, "25P02", aborted)
			if err := tx.Commit(ctx); err != pgx.ErrTxCommitRollback {
				t.Errorf("commit of a failed transaction: %v", err)
			}
			if n := count(t, c, name); n != 1 {
				t.Errorf("%d rows, want 1", n)
			}
		})
	}
}

// BEGIN, COMMIT and ROLLBACK by the extended protocol and in texts of several
// statements.
func TestTransactionStatements(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	c := connect(t, f, "default_query_exec_mode=exec")
	ctx := context.Background()
	pipeline := c.PgConn().StartPipeline(ctx)
	for _, sql := range []string{
		"BEGIN", "INSERT INTO " + name + " VALUES (1)", "COMMIT",
		"INSERT INTO " + name + " VALUES (2)", "START TRANSACTION READ WRITE", "INSERT INTO " + name + " VALUES (3)", "ROLLBACK",
		"INSERT INTO " + name + " VALUES (4)",
	} {
		pipeline.SendQueryParams(sql, nil, nil, nil, nil)
	}
	if err := pipeline.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := pipeline.Close(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c, name); n != 2 { // BEGIN takes the pipeline's 2 with it
		t.Errorf("%d rows, want 2", n)
	}
	run(t, c, "DELETE FROM "+name)
	texts := []struct {
		sql  string
		rows int
		fail bool
	}{
		{"INSERT INTO T VALUES (1); INSERT INTO T VALUES (2)", 2, false},
		{"INSERT INTO T VALUES (3); INSERT INTO T VALUES (1)", 2, true},
		{"BEGIN; INSERT INTO T VALUES (3); COMMIT; INSERT INTO T VALUES (1)", 3, true},
		{"BEGIN; INSERT INTO T VALUES (4); ROLLBACK", 3, false},
		{"-- nothing", 3, false},
		{"SELECT ';'; /* ; */ SELECT $$;$$;;", 3, false},
	}
	for _, text := range texts {
		_, err := c.PgConn().Exec(ctx, strings.ReplaceAll(text.sql, " T ", " "+name+" ")).ReadAll()
		if (err != nil) != text.fail {
			t.Errorf("%s: %v", text.sql, err)
		}
		if state := c.PgConn().TxStatus(); state != wire.Idle {
			t.Errorf("%s: state %c", text.sql, state)
		}
		if n := count(t, c, name); n != text.rows {
			t.Errorf("%s: %d rows, want %d", text.sql, n, text.rows)
		}
	}
}

func TestBatch(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	for _, mode := range []string{"cache_statement", "cache_describe", "exec"} {
		c := connect(t, f, "default_query_exec_mode="+mode)
		run(t, c, "DELETE FROM "+name)
		ctx := context.Background()
		var b pgx.Batch
		for i := range 500 {
			b.Queue("INSERT INTO "+name+" VALUES ($1, $2)", i, strings.Repeat("x", 1000))
			b.Queue("SELECT repeat('y', 5000), $1::int", i) // answers more than a socket holds
		}
		if err := c.SendBatch(ctx, &b).Close(); err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		if n := count(t, c, name); n != 500 {
			t.Errorf("%s: %d rows, want 500", mode, n)
		}
		b = pgx.Batch{}
		b.Queue("INSERT INTO "+name+" VALUES ($1, $2)", 1000, "a")
		b.Queue("INSERT INTO "+name+" VALUES ($1, $2)", 0, "again")
		b.Queue("INSERT INTO "+name+" VALUES ($1, $2)", 1001, "b")
		err := c.SendBatch(ctx, &b).Close()
		if err == nil || !strings.Contains(err.Error(), "23505") {
			t.Errorf("%s: %v, want 23505", mode, err)
		}
		if n := count(t, c, name); n != 500 {
			t.Errorf("%s: %d rows after a failed batch, want 500", mode, n)
		}
	}
}

func TestDirectTLS(t *testing.T) {
	f := start(t, nil)
	c := connect(t, f, "sslnegotiation=direct")
	if n := count(t, c, "(SELECT 1) AS x"); n != 1 {
		t.Errorf("%d rows", n)
	}
	if v := c.PgConn().ParameterStatus("server_version"); !strings.HasPrefix(v, "16") {
		t.Errorf("server_version %q, want 16", v)
	}
}

func TestPsql(t *testing.T) {
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("no psql on this machine")
	}
	f := start(t, nil)
	name := table(t)
	script := "INSERT INTO " + name + " VALUES (1, 'one'), (2, 'two');\nBEGIN;\nDELETE FROM " + name + " WHERE id = 1;\nCOMMIT;\nSELECT id, v FROM " + name + ";\n\\d " + name + "\n"
	cmd := exec.Command(psql, "-X", "-v", "ON_ERROR_STOP=1", "-At", fmt.Sprintf("host=localhost port=%d user=admin dbname=postgres sslmode=verify-full sslrootcert=%s", f.Port(), f.CAFile()))
	cmd.Env = append(os.Environ(), "PGPASSWORD="+tokenOf(t, adminUser))
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := string(out); !strings.Contains(got, "DELETE 1\nCOMMIT\n2|two\n") {
		t.Errorf("psql said:\n%s", got)
	}
}

func TestLibPQ(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	db, err := sql.Open("postgres", fmt.Sprintf("host=localhost port=%d user=app dbname=postgres sslmode=verify-full sslrootcert='%s' password='%s'",
		f.Port(), f.CAFile(), tokenOf(t, "app")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // nothing to lose
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO "+name+" VALUES ($1, $2)", 1, "one"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	var v string
	if err := db.QueryRow("SELECT v FROM "+name+" WHERE id = $1", 1).Scan(&v); err != nil || v != "one" {
		t.Errorf("read %q, %v", v, err)
	}
}

// A cancelled query ends in PostgreSQL too.
func TestCancel(t *testing.T) {
	f := start(t, nil)
	c := connect(t, f, "")
	done := make(chan error, 1)
	go func() {
		_, err := c.PgConn().Exec(context.Background(), "SELECT pg_sleep(60)").ReadAll()
		done <- err
	}()
	deadline := time.After(patience)
	for {
		if err := c.PgConn().CancelRequest(context.Background()); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			wantCode(t, err, "57014", "canceling statement due to user request")
			return
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatal("not cancelled")
		}
	}
}
