package e2e_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/local/postgres"
)

// The role secretive needs a password, all others none.
const secretive, password = "secretive", "hunter2-s3cr3t"

func startPostgreSQL(t *testing.T) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(t.Context(), postgres.Options{MaxConnections: 200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	rules := "local all " + secretive + " scram-sha-256\nlocal all all trust\n"
	if err := os.WriteFile(filepath.Join(server.DataFolder(), "pg_hba.conf"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	db := connect(t, server.URL)
	execute(t, db, fmt.Sprintf("CREATE ROLE %s LOGIN SUPERUSER PASSWORD '%s'; SELECT pg_reload_conf()", secretive, password))
	return server
}

// database makes one with the table, and with a trigger that does body before
// each row; body may use n, the row's number from 1. It answers its URL.
func (l *lab) database(t *testing.T, name, body string) string {
	t.Helper()
	execute(t, connect(t, l.server.URL), "CREATE DATABASE "+name)
	at := "postgres:///" + name + "?" + url.Values{"user": {"postgres"}, "host": {l.server.Home}}.Encode()
	db := connect(t, at)
	for _, ddl := range table.Schema() {
		execute(t, db, ddl)
	}
	if body == "" {
		return at
	}
	execute(t, db, `CREATE SEQUENCE numbers;
		CREATE FUNCTION disturb() RETURNS trigger LANGUAGE plpgsql AS $$
		DECLARE n bigint := nextval('numbers');
		BEGIN `+body+` RETURN NEW; END $$;
		CREATE TRIGGER disturb BEFORE INSERT ON `+dsql.Table+` FOR EACH ROW EXECUTE FUNCTION disturb()`)
	return at
}

// to are the variables that lead a run's statements straight to a database, whatever
// the local target puts before it otherwise, and whatever its table's triggers do.
func to(database string) []string {
	return []string{"DSQLLOAD_DATABASE_URL=" + database, "DSQLLOAD_FRONT=off", "DSQLLOAD_SKIP_CHECKS=true"}
}

// connect is for the length of the test.
func connect(t *testing.T, at string) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	return db
}

func execute(t *testing.T, db *pgx.Conn, statements string) {
	t.Helper()
	if _, err := db.PgConn().Exec(t.Context(), statements).ReadAll(); err != nil {
		t.Fatal(err)
	}
}
