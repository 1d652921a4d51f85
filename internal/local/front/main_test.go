package front

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/front/session"
	"dsql-load-test/internal/postgrestest"
)

const (
	region   = "us-east-1"
	host     = "localhost"
	patience = 60 * time.Second // bounds every wait; only a failing test takes as long

	aborted   = "current transaction is aborted, commands ignored until end of transaction block"
	conflicts = "change conflicts with another transaction (OC000)"
)

func TestMain(m *testing.M) {
	if child.Role() == idleRole {
		idleClients()
		return
	}
	os.Exit(postgrestest.Main(m.Run))
}

func credentialsForTest() Credentials {
	return Credentials{AccessKeyID: "AKIALOCAL", SecretAccessKey: "a secret", SessionToken: "a session"}
}

// options are those of a front with few server connections.
func options(t testing.TB) Options {
	return Options{
		Address: "127.0.0.1:0", Upstream: address.Address{URL: postgrestest.Server(t).URL, Own: true}, ServerConns: 4, Hosts: []string{host, "db.example"},
		Folder: t.TempDir(), Region: region, Credentials: credentialsForTest(), Limits: DefaultLimits(),
	}
}

// start starts a front with few server connections; change may be nil.
func start(t testing.TB, change func(*Options)) *Front {
	t.Helper()
	o := options(t)
	if change != nil {
		change(&o)
	}
	f, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

type generator func(context.Context, string, string, aws.CredentialsProvider, ...func(*auth.TokenOptions)) (string, error)

// sign makes a token for host by AWS's own generator.
func sign(t testing.TB, generate generator, host, region string, c Credentials, life time.Duration) string {
	t.Helper()
	provider := credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
	token, err := generate(context.Background(), host, region, provider, func(o *auth.TokenOptions) { o.ExpiresIn = life })
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func tokenOf(t testing.TB, user string) string {
	t.Helper()
	generate := generator(auth.GenerateDbConnectAuthToken)
	if user == adminUser {
		generate = auth.GenerateDBConnectAdminAuthToken
	}
	return sign(t, generate, host, region, credentialsForTest(), 0)
}

// urlFor is how pgx connects to f as user with password; extra is added to the
// query.
func urlFor(f *Front, user, password, extra string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: fmt.Sprintf("%s:%d", host, f.Port()), Path: database}
	u.RawQuery = "sslmode=verify-full&connect_timeout=20&sslrootcert=" + url.QueryEscape(f.CAFile())
	if extra != "" {
		u.RawQuery += "&" + extra
	}
	return u.String()
}

func connect(t testing.TB, f *Front, extra string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), urlFor(f, adminUser, tokenOf(t, adminUser), extra))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) }) // it may be cut
	return c
}

// direct is a connection to the PostgreSQL behind.
func direct(t testing.TB) *pgx.Conn {
	t.Helper()
	return postgrestest.Connect(t, postgrestest.Server(t).URL)
}

// table makes an empty table of one integer key and a text, named after the test.
func table(t testing.TB) string {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "_", " ", "_", "-", "_", "=", "_", "#", "_").Replace(t.Name()))
	run(t, direct(t), "DROP TABLE IF EXISTS "+name, "CREATE TABLE "+name+" (id int PRIMARY KEY, v text)")
	t.Cleanup(func() { run(t, direct(t), "DROP TABLE IF EXISTS "+name) })
	return name
}

func run(t testing.TB, c *pgx.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := c.Exec(context.Background(), sql); err != nil {
			t.Fatalf("%.100s: %v", sql, err)
		}
	}
}

func count(t testing.TB, c *pgx.Conn, table string) (n int) {
	t.Helper()
	if err := c.QueryRow(context.Background(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// want asserts that err is the PostgreSQL error "CODE message"; detail and hint
// as prefixes, where they are given.
func want(t testing.TB, err error, code, message, detail, hint string) {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		t.Errorf("error %v, want %s %s", err, code, message)
		return
	}
	if e.Code != code || e.Message != message || !strings.HasPrefix(e.Detail, detail) || !strings.HasPrefix(e.Hint, hint) {
		t.Errorf("got %s %q, detail %q, hint %q;\nwant %s %q, detail %q, hint %q", e.Code, e.Message, e.Detail, e.Hint, code, message, detail, hint)
	}
}

func wantCode(t testing.TB, err error, code, message string) {
	t.Helper()
	want(t, err, code, message, "", "")
}

func asPg(err error, e **pgconn.PgError) bool { return errors.As(err, e) }

// watchEvery sets how often the front looks for statements that wait.
func watchEvery(interval time.Duration) func(*session.Options) {
	return func(o *session.Options) { o.Watch = interval }
}

// atMost sets how many connections to PostgreSQL the front may have.
func atMost(conns int) func(*session.Options) {
	return func(o *session.Options) { o.MaxConns = conns }
}
