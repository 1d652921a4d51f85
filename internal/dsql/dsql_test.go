package dsql_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/event"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/postgres"
	"dsql-load-test/internal/quote"
)

// clusterURL is the variable that TestMain hands the throwaway cluster on in.
const clusterURL = "TEST_CLUSTER_URL"

// patience bounds every wait; only a failing test takes as long.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	if child.Role() == postgres.Role {
		postgres.Keep()
		return
	}
	os.Exit(withCluster(m))
}

func withCluster(m *testing.M) int {
	s, err := postgres.Start(context.Background(), postgres.Options{MaxConnections: 100})
	if err == nil {
		err = os.Setenv(clusterURL, s.URL)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = s.Stop() }() // the keeper cleans up in any case
	return m.Run()
}

// admin is a superuser's connection.
type admin struct {
	*pgx.Conn
	t    *testing.T
	name string // of the database
}

// database makes a database for one test.
func database(t *testing.T) admin {
	t.Helper()
	name := "t" + strings.ToLower(rand.Text()) // another with -count
	connect := func(database string) admin {
		c, err := pgx.Connect(context.Background(), urlOf(t, database, "postgres"))
		if err != nil {
			t.Fatal(err)
		}
		return admin{c, t, name}
	}
	first := connect("postgres")
	first.do("CREATE DATABASE " + pgx.Identifier{name}.Sanitize())
	if err := first.Close(context.Background()); err != nil {
		t.Error(err)
	}
	a := connect(name)
	t.Cleanup(func() { _ = a.Close(context.Background()) }) // the cluster goes anyway
	return a
}

func urlOf(t *testing.T, database, user string) string {
	t.Helper()
	u, err := url.Parse(os.Getenv(clusterURL))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("user", user)
	u.Path, u.RawQuery = "/"+database, q.Encode()
	return u.String()
}

func (a admin) do(sql string) {
	a.t.Helper()
	if _, err := a.Exec(context.Background(), sql); err != nil {
		a.t.Fatalf("%s: %v", sql, err)
	}
}

func (a admin) number(sql string) (n int) {
	a.t.Helper()
	if err := a.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		a.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// open opens a pool as the given user.
func (a admin) open(user string) *dsql.DB { return open(a.t, urlOf(a.t, a.name, user)) }

func open(t *testing.T, url string) *dsql.DB {
	t.Helper()
	db, err := dsql.Open(context.Background(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// withTable is a test's database with the table in it.
func withTable(t *testing.T) (admin, *dsql.DB) {
	t.Helper()
	a := database(t)
	db := a.open("postgres")
	if err := db.EnsureTable(context.Background()); err != nil {
		t.Fatal(err)
	}
	return a, db
}

// slow makes every INSERT take half a minute.
func (a admin) slow() {
	a.t.Helper()
	a.do(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NEW; END'`)
	a.do("CREATE TRIGGER wait BEFORE INSERT ON " + dsql.Table + " FOR EACH ROW EXECUTE FUNCTION wait()")
}

// sleeper waits for a slow INSERT and answers its backend's pid.
func (a admin) sleeper() (pid int) {
	a.t.Helper()
	const query = `SELECT coalesce(max(pid), 0) FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event = 'PgSleep' AND query LIKE 'INSERT INTO car_entities%'`
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if pid = a.number(query); pid != 0 {
			return pid
		}
		if time.Now().After(end) {
			a.t.Fatal("no INSERT is running")
		}
	}
}

func events(n int) []event.Event {
	g, err := event.New("01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", 1, bench.LoanCreated)
	if err != nil {
		panic(err) // there is such a type
	}
	all := make([]event.Event, n)
	for i := range all {
		all[i] = g.Event(nil, event.Position{Row: i}, time.Now())
	}
	return all
}

func ids(all []event.Event) []string {
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = e.ID
	}
	return texts
}

func insert(ctx context.Context, db *dsql.DB, all []event.Event) (int64, error) {
	statement, err := db.NewInsert(len(all))
	if err != nil {
		return 0, err
	}
	return statement.Exec(ctx, all)
}

func TestInsertSQL(t *testing.T) {
	t.Parallel()
	const head = "INSERT INTO car_entities_schema.business_events (id, event_name, event_type, created_date, saved_date, event_data) VALUES "
	for _, tc := range []struct {
		name string
		rows int
		want string
	}{
		{"one row", 1, head + "($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING"},
		{"two rows", 2, head + "($1, $2, $3, $4, $5, $6), ($7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, dsql.InsertSQL(tc.rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	a := database(t)
	got, err := a.open("postgres").Ping(context.Background())
	if want := fmt.Sprint(a.number("SELECT current_setting('server_version_num')::int / 10000")); err != nil || !strings.HasPrefix(got, want+".") {
		t.Errorf("version %q, error %v, want %s.something", got, err, want)
	}
}

func TestErrorsHoldNoPassword(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, url string }{
		{"URL with a bad port", "postgres://u:secret@127.0.0.1:port/d"},
		{"URL with a bad setting", "postgres://u:secret@127.0.0.1:1/d?sslmode=perhaps"},
		{"URL that doesn't parse", "postgres://u:secret@[::1/d"},
		{"keywords with a bad port", "host=127.0.0.1 port=port password=secret"},
		{"nobody listens", "postgres://u:secret@127.0.0.1:1/d?sslmode=disable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db, err := dsql.Open(context.Background(), tc.url, 1)
			if err == nil {
				defer db.Close()
				_, err = db.Ping(context.Background())
			}
			if err == nil || strings.Contains(err.Error(), "secret") || len(quote.Messages(err)) > 2 || strings.Contains(quote.OneLine(err), `\n`) {
				t.Errorf("error %q, want one line, and a hint perhaps, without the password", err)
			}
		})
	}
}

func TestEnsureTable(t *testing.T) {
	t.Parallel()
	a := database(t)
	db := a.open("postgres")
	var wg sync.WaitGroup
	for range 4 { // at once
		wg.Go(func() {
			if err := db.EnsureTable(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, err := insert(context.Background(), db, events(3)); err != nil {
		t.Fatal(err)
	}
	if err := db.EnsureTable(context.Background()); err != nil {
		t.Error(err)
	}
	if got := a.number("SELECT count(*) FROM " + dsql.Table); got != 3 {
		t.Errorf("%d rows are left, want 3", got)
	}
	rows, err := a.Query(context.Background(), `SELECT column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '') ||
		CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
		FROM information_schema.columns WHERE table_schema = 'car_entities_schema' AND table_name = 'business_events' ORDER BY ordinal_position`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"id character varying(255) NOT NULL", "event_name character varying(255) NOT NULL", "event_type character varying(255)",
		"created_date timestamp with time zone", "saved_date timestamp with time zone", "event_data text NOT NULL",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEnsureTableNamesTheGrant(t *testing.T) {
	t.Parallel()
	const table = "car_entities_schema.business_events"
	for _, tc := range []struct {
		name  string
		table bool
		setUp string // %s is the role
		want  string // the statement that cures it
	}{
		{"no schema", false, "", `GRANT CREATE ON DATABASE "%d" TO "%r"`},
		{"empty schema not usable", false, "CREATE SCHEMA car_entities_schema; GRANT CREATE ON DATABASE %d TO %r", `GRANT USAGE ON SCHEMA car_entities_schema TO "%r"`},
		{
			"empty schema not writable", false, "CREATE SCHEMA car_entities_schema; GRANT USAGE ON SCHEMA car_entities_schema TO %r; GRANT CREATE ON DATABASE %d TO %r",
			`GRANT CREATE ON SCHEMA car_entities_schema TO "%r"`,
		},
		{"schema not usable", true, "", `GRANT USAGE ON SCHEMA car_entities_schema TO "%r"`},
		{"no right to the table", true, "GRANT USAGE ON SCHEMA car_entities_schema TO %r", `GRANT SELECT, INSERT, DELETE ON ` + table + ` TO "%r"`},
		{"only SELECT", true, "GRANT USAGE ON SCHEMA car_entities_schema TO %r; GRANT SELECT ON " + table + " TO %r", `GRANT INSERT, DELETE ON ` + table + ` TO "%r"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := database(t)
			if tc.table {
				if err := a.open("postgres").EnsureTable(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			role := a.name + "_limited" // roles are the whole cluster's
			fill := strings.NewReplacer("%r", role, "%d", a.name).Replace
			a.do("CREATE ROLE " + role + " LOGIN; " + fill(tc.setUp))
			want := "hint: as an administrator: " + fill(tc.want)
			err := a.open(role).EnsureTable(context.Background())
			if err == nil || !slices.Contains(strings.Split(err.Error(), "\n"), want) {
				t.Fatalf("error %v, want a line %s", err, want)
			}
			// What it says is true: it goes one step further then.
			_, statement, _ := strings.Cut(want, "as an administrator: ")
			a.do(statement)
			if again := a.open(role).EnsureTable(context.Background()); again != nil && again.Error() == err.Error() {
				t.Errorf("the same error after %s", statement)
			}
		})
	}
}

func TestInsert(t *testing.T) {
	t.Parallel()
	a, db := withTable(t)
	all := events(5)
	for _, tc := range []struct {
		name   string
		events []event.Event
		want   int64
	}{
		{"new rows", all[:3], 3},
		{"two of them new", all, 2},
		{"none of them new", all[1:4], 0},
	} {
		if got, err := insert(context.Background(), db, tc.events); err != nil || got != tc.want {
			t.Errorf("%s: %d rows affected, error %v, want %d", tc.name, got, err, tc.want)
		}
	}
	rows, err := a.Query(context.Background(), "SELECT id, event_name, event_type, created_date, saved_date, event_data FROM "+dsql.Table)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e event.Event, err error) {
		err = row.Scan(&e.ID, &e.Name, &e.Type, &e.Created, &e.Saved, &e.Data)
		e.Created, e.Saved = e.Created.UTC(), e.Saved.UTC()
		return e, err
	})
	if err != nil {
		t.Fatal(err)
	}
	byID := func(a, b event.Event) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(got, byID)
	slices.SortFunc(all, byID)
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("stored rows: %s", diff)
	}
	if _, err := db.NewInsert(0); err == nil {
		t.Error("a statement without rows is no error")
	}
}

func TestPresentAndDelete(t *testing.T) {
	t.Parallel()
	_, db := withTable(t)
	ctx, all := context.Background(), events(10)
	if _, err := insert(ctx, db, all[:6]); err != nil {
		t.Fatal(err)
	}
	check := func(when string, asked []string, want []string) {
		t.Helper()
		got, err := db.Present(ctx, asked)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
		if n, err := db.CountPresent(ctx, asked); err != nil || n != int64(len(want)) {
			t.Errorf("%s: %d counted, error %v, want %d", when, n, err, len(want))
		}
	}
	check("some there", ids(all[3:]), ids(all[3:6]))
	check("none asked", []string{}, []string{})
	if n, err := db.Delete(ctx, ids(all[4:])); err != nil || n != 2 {
		t.Errorf("%d deleted, error %v, want 2", n, err)
	}
	check("after the deletion", ids(all), ids(all[:4]))
}

// timed is a context whose deadline passes when the one in it is cancelled.
type timed struct{ context.Context }

func (t timed) Err() error {
	if t.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

func TestExplain(t *testing.T) {
	t.Parallel()
	type want struct {
		Kind    string
		Outcome bench.Outcome
	}
	check := func(t *testing.T, err error, w want, message string) {
		t.Helper()
		if err == nil {
			t.Fatal("no error")
		}
		f := dsql.Explain(err)
		if diff := cmp.Diff(w, want{f.Kind, f.Outcome}); diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
		if !strings.Contains(f.Message, message) || strings.ContainsAny(f.Message, "\n\t") {
			t.Errorf("message %q, want one line with %q", f.Message, message)
		}
	}
	background := context.Background()
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		_, err := insert(background, open(t, "postgres://u@127.0.0.1:1/d?sslmode=disable"), events(1))
		check(t, err, want{dsql.ConnectFailed, bench.Failed}, "refused")
	})
	t.Run("no such database", func(t *testing.T) {
		t.Parallel()
		_, err := insert(background, open(t, urlOf(t, "nowhere", "postgres")), events(1))
		check(t, err, want{"3D000", bench.Failed}, `database "nowhere" does not exist`)
	})
	t.Run("no table", func(t *testing.T) {
		t.Parallel()
		_, err := insert(background, database(t).open("postgres"), events(1))
		check(t, err, want{"42P01", bench.Failed}, "does not exist")
	})
	t.Run("row refused, without its values", func(t *testing.T) {
		t.Parallel()
		a, db := withTable(t)
		a.do("ALTER TABLE " + dsql.Table + " ADD CHECK (event_type <> 'LoanCreated')")
		_, err := insert(background, db, events(1))
		check(t, err, want{"23514", bench.Failed}, "violates check constraint")
		if f := dsql.Explain(err); strings.Contains(f.Message, "LOAN-") {
			t.Errorf("message %q quotes the row", f.Message)
		}
	})
	t.Run("deadline passes in the statement", func(t *testing.T) {
		t.Parallel()
		a, db := withTable(t)
		a.slow()
		ctx, pass := context.WithCancel(background)
		defer pass()
		result := make(chan error, 1)
		go func() {
			_, err := insert(timed{ctx}, db, events(1))
			result <- err
		}()
		a.sleeper()
		pass()
		check(t, <-result, want{dsql.TimedOut, bench.Unknown}, "deadline")
	})
	t.Run("deadline passed before", func(t *testing.T) {
		t.Parallel()
		_, db := withTable(t)
		ctx, cancel := context.WithDeadline(background, time.Unix(0, 0))
		defer cancel()
		_, err := insert(ctx, db, events(1))
		if f := dsql.Explain(err); f.Kind != dsql.TimedOut || f.Outcome == bench.Acknowledged {
			t.Errorf("%+v", f)
		}
	})
	t.Run("backend terminated", func(t *testing.T) {
		t.Parallel()
		a, db := withTable(t)
		a.slow()
		result := make(chan error, 1)
		go func() {
			_, err := insert(background, db, events(1))
			result <- err
		}()
		a.do(fmt.Sprintf("SELECT pg_terminate_backend(%d)", a.sleeper()))
		check(t, <-result, want{"57P01", bench.Failed}, "terminating connection due to administrator command")
	})
	t.Run("connection cut", func(t *testing.T) {
		t.Parallel()
		a, db := withTable(t)
		a.slow()
		db.Close()
		p := newProxy(t)
		db = open(t, fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", p.Addr(), a.name))
		result := make(chan error, 1)
		go func() {
			_, err := insert(background, db, events(1))
			result <- err
		}()
		a.sleeper()
		p.cut()
		check(t, <-result, want{dsql.ConnectionLost, bench.Unknown}, "EOF")
	})
}

// proxy is a way to the cluster that can be cut.
type proxy struct {
	net.Listener
	last atomic.Pointer[net.Conn] // the client's latest connection
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	u, err := url.Parse(os.Getenv(clusterURL))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.last.Store(&client)
			server, err := net.Dial("unix", filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"))
			if err != nil {
				t.Error(err)
				return
			}
			wg.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
			wg.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		wg.Wait()
	})
	return p
}

func (p *proxy) cut() {
	if c := p.last.Load(); c != nil {
		_ = (*c).Close() // a second time does no harm
	}
}
