//go:build unix

package dsql_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/event"
	"dsql-load-test/internal/local/postgres/pgbouncertest"
	"dsql-load-test/internal/postgrestest"
)

// startPooler starts a PgBouncer before the test's cluster, and returns a URL of a
// database of its own.
func startPooler(t *testing.T, settings ...string) (*pgbouncertest.Bouncer, string) {
	t.Helper()
	b := pgbouncertest.Start(t, postgrestest.Server(t).Home, settings...)
	return b, b.URL(dsqltest.New(t).Name)
}

// opened is the database at url, pinged.
func opened(t *testing.T, url string) *dsql.DB {
	t.Helper()
	db, err := dsql.Open(context.Background(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := db.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	return db
}

// What lends the server's connections is found, whatever else it is set to, and none
// is where there is none.
func TestPoolerIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings []string
		want     dsql.Pooler
	}{
		"session":                     {[]string{"pool_mode = session"}, dsql.SessionPooler},
		"session, one connection":     {[]string{"pool_mode = session", "default_pool_size = 1"}, dsql.SessionPooler},
		"session, two connections":    {[]string{"pool_mode = session", "default_pool_size = 2"}, dsql.SessionPooler},
		"transaction":                 {[]string{"pool_mode = transaction"}, dsql.TransactionPooler},
		"transaction, one connection": {[]string{"pool_mode = transaction", "default_pool_size = 1"}, dsql.TransactionPooler},
		"transaction, one that forgets": {
			[]string{"pool_mode = transaction", "default_pool_size = 1", "server_reset_query_always = 1"}, dsql.TransactionPooler,
		},
		"transaction, in turn":        {[]string{"pool_mode = transaction", "server_round_robin = 1"}, dsql.TransactionPooler},
		"transaction, in turn of two": {[]string{"pool_mode = transaction", "server_round_robin = 1", "default_pool_size = 2", "min_pool_size = 2"}, dsql.TransactionPooler},
		"transaction, that forgets":   {[]string{"pool_mode = transaction", "server_reset_query_always = 1"}, dsql.TransactionPooler},
		"statement":                   {[]string{"pool_mode = statement"}, dsql.StatementPooler},
		"statement, one connection":   {[]string{"pool_mode = statement", "default_pool_size = 1"}, dsql.StatementPooler},
		"none":                        {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := dsqltest.New(t).As("postgres")
			if c.settings != nil {
				_, at = startPooler(t, c.settings...)
			}
			start := time.Now()
			db := opened(t, at)
			t.Log(time.Since(start))
			if got := db.Pooler(); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if note := db.PoolerNote(); (note == "") != (c.want == "") || strings.Contains(note, "aren't prepared") != (c.want != "" && c.want != dsql.SessionPooler) {
				t.Errorf("note %q", note)
			}
			if err := c.want.BeforeFront(); (err == nil) != (c.want == "") {
				t.Errorf("before the front: %v", err)
			}
		})
	}
}

// Behind a pooler, and alone behind an address that says how statements are executed,
// the driver's own work and the statements are what they are without.
func TestBehindAPooler(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{
		"session":     {"pool_mode = session"},
		"transaction": {"pool_mode = transaction", "default_pool_size = 2"},
		"statement":   {"pool_mode = statement", "default_pool_size = 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, at := startPooler(t, settings...)
			for round := range 2 { // the second one finds what the first one left on the server's connections
				db := opened(t, at)
				if err := db.Table().Ensure(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := db.Identity(t.Context()); err != nil {
					t.Fatal(err)
				}
				function := opened(t, db.FunctionURL())
				ids := inserted(t, function, round)
				if n, err := db.Table().CountPresent(t.Context(), ids); err != nil || n != int64(len(ids)) {
					t.Errorf("%d of %d rows, %v", n, len(ids), err)
				}
				if n, err := db.Table().Delete(t.Context(), ids[:3]); err != nil || n != 3 {
					t.Errorf("removed %d, %v, want 3", n, err)
				}
				if present, err := db.Table().Present(t.Context(), ids); err != nil || len(present) != len(ids)-3 {
					t.Errorf("%d rows, %v, want %d", len(present), err, len(ids)-3)
				}
			}
		})
	}
}

// inserted writes rows from several connections at once, and returns their ids.
func inserted(t *testing.T, db *dsql.DB, round int) (ids []string) {
	t.Helper()
	const lanes, statements, rows = 4, 20, 5
	done := make(chan []bench.Attempt, lanes*statements)
	for lane := range lanes {
		inv := bench.Invocation{RunID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", Scenario: bench.Batch, Index: lane + round*lanes, Iterations: statements, Count: rows, EventType: "random"}
		generator, err := event.New(inv.RunID, inv.Seed, inv.EventType)
		if err != nil {
			t.Fatal(err)
		}
		all := make([][]event.Event, statements)
		for n := range all {
			for i := range rows {
				e := generator.Event(nil, event.At(inv, n, i), time.Now())
				all[n] = append(all[n], e)
				ids = append(ids, string(e.ID))
			}
		}
		go func() {
			insert, err := db.NewInsert(bench.ByValues, rows)
			if err == nil {
				defer insert.Close()
			}
			for _, events := range all {
				if err != nil {
					done <- []bench.Attempt{{Failure: bench.Failure{Outcome: bench.Failed, Message: err.Error()}}}
					continue
				}
				done <- append([]bench.Attempt(nil), insert.Run(context.Background(), events, 0)...)
			}
		}()
	}
	for range lanes * statements {
		if last := (<-done)[0]; last.Failure.Outcome != bench.Acknowledged || last.Affected != rows {
			t.Errorf("%d rows affected, %+v", last.Affected, last.Failure)
		}
	}
	return ids
}

// A function that prepares behind a transaction pooler fails with what the advice is
// about.
func TestPreparedBehindAPooler(t *testing.T) {
	t.Parallel()
	_, at := startPooler(t, "pool_mode = transaction", "default_pool_size = 1")
	// Who says so in the URL is obeyed, and told.
	for n := range 2 {
		db := opened(t, at+"&default_query_exec_mode=cache_statement")
		err := db.Table().Ensure(t.Context())
		if n == 1 && (err == nil || !strings.Contains(err.Error(), "hint: a pooler in transaction or statement mode is in front of this database: default_query_exec_mode=cache_describe")) {
			t.Errorf("prepared although another one did: %v", err)
		}
	}
	for range 2 {
		conn, err := pgx.Connect(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(context.Background()) }()
		var one int
		err = conn.QueryRow(t.Context(), "SELECT $1::int", 1).Scan(&one)
		if err == nil {
			continue // the first one prepares
		}
		if f := failure.Explain(err); f.Kind != "42P05" || f.Outcome != bench.Failed {
			t.Errorf("%+v", f)
		}
		return
	}
	t.Error("it was prepared twice on one connection")
}

// The note names a way of executing statements that can't be counted on behind the pooler.
func TestNoteOnExecMode(t *testing.T) {
	t.Parallel()
	for mode, fails := range map[string]map[string]bool{
		"session":     {"cache_statement": false, "describe_exec": false},
		"transaction": {"cache_statement": true, "describe_exec": true, "cache_describe": false, "exec": false, "simple_protocol": false},
		"statement":   {"cache_statement": true, "exec": false},
	} {
		_, at := startPooler(t, "pool_mode = "+mode)
		for named, want := range fails {
			note := opened(t, at+"&default_query_exec_mode="+named).PoolerNote()
			if strings.Contains(note, "default_query_exec_mode="+named+" prepares statements") != want || strings.Contains(note, "aren't prepared") {
				t.Errorf("%s, %s: note %q", mode, named, note)
			}
		}
	}
}

// Behind a pooler in session mode no connection is kept that isn't used, so that others
// get to the server.
func TestSessionPoolerGetsItsConnectionsBack(t *testing.T) {
	t.Parallel()
	_, at := startPooler(t, "pool_mode = session", "default_pool_size = 1")
	first, second := opened(t, at), opened(t, at)
	for _, db := range []*dsql.DB{first, second, first} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if err := db.Table().Ensure(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	}
}

// The URL that a function gets says how it executes, unless it says so itself.
func TestFunctionURL(t *testing.T) {
	t.Parallel()
	b, at := startPooler(t, "pool_mode = transaction")
	plain, _, _ := strings.Cut(at, "?")
	keywords := fmt.Sprintf("host=127.0.0.1 user=postgres dbname=postgres port=%d", b.Port)
	service := "&service=moded&servicefile=" + written(t, "[moded]\ndefault_query_exec_mode=exec\n")
	for given, want := range map[string]string{
		at + service:                         at + service,
		at:                                   at + "&default_query_exec_mode=cache_describe",
		plain:                                plain + "?default_query_exec_mode=cache_describe",
		keywords:                             keywords + " default_query_exec_mode='cache_describe'",
		at + "&default_query_exec_mode=exec": at + "&default_query_exec_mode=exec",
		keywords + " password='a://default_query_exec_mode=b'": keywords + " password='a://default_query_exec_mode=b' default_query_exec_mode='cache_describe'",
		keywords + " default_query_exec_mode = exec":           keywords + " default_query_exec_mode = exec",
		dsqltest.URL(t, "postgres", "postgres"):                dsqltest.URL(t, "postgres", "postgres"),
	} {
		if got := opened(t, given).FunctionURL(); got != want {
			t.Errorf("%s becomes %s", given, got)
		}
	}
}

// behindDoor starts a PgBouncer whose way to the test's cluster can be shut and opened.
func behindDoor(t *testing.T, settings ...string) (b *pgbouncertest.Bouncer, shut, open func()) {
	t.Helper()
	server := postgrestest.Server(t).Home
	folder, err := os.MkdirTemp("", "door")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	info, err := os.Stat(server)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); os.Geteuid() == 0 {
		if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	const socket = "/.s.PGSQL.5432"
	shut = func() {
		if err := os.Remove(folder + socket); err != nil {
			t.Error(err)
		}
	}
	open = func() {
		if err := os.Symlink(server+socket, folder+socket); err != nil {
			t.Error(err)
		}
	}
	open()
	return pgbouncertest.Start(t, folder, settings...), shut, open
}

// A server that is down behind a pooler is waited for, although the pooler answers.
func TestAwaitBehindAPooler(t *testing.T) {
	t.Parallel()
	b, shut, open := behindDoor(t, "pool_mode = transaction", "server_login_retry = 1", "query_wait_timeout = 1")
	a, _ := dsqltest.WithTable(t)
	db, all := opened(t, b.URL(a.Name)), dsqltest.Events(2)
	s, err := db.NewInsert(bench.ByValues, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if first := s.Run(t.Context(), all[:1], 0); first[0].Affected != 1 {
		t.Fatalf("%+v", first)
	}
	shut()
	a.Do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	attempts := s.Run(t.Context(), all[1:], 2) // the first may tell of the connection that was ended
	last := attempts[len(attempts)-1].Failure
	if !failure.Unreachable(last) || last.SQLSTATE != "08P01" {
		t.Fatalf("%+v", last)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	told := 0
	if !db.Await(ctx, last, func(f bench.Failure) {
		if told++; told == 2 {
			open()
		}
		if f.SQLSTATE != "08P01" {
			t.Errorf("%+v", f)
		}
	}) || told < 2 {
		t.Errorf("waited for %d failures, %v", told, ctx.Err())
	}
	if again := s.Run(t.Context(), all[1:], 0); again[0].Affected != 1 {
		t.Errorf("the server is back: %+v", again[0].Failure)
	}
}

// written is a file of its own with a text.
func written(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
