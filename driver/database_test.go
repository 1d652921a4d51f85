package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"dsql-load-test/internal/local/postgres"
)

// TestDatabase runs the scripts that are about --database-url, each in a database
// of its own, in one PostgreSQL with roles that may do more or less.
func TestDatabase(t *testing.T) {
	folder := startDatabase(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "database"),
		Setup: func(env *testscript.Env) error {
			tmp, err := shortFolder()
			if err != nil {
				return err
			}
			env.Setenv("TMPDIR", tmp)
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("SOCKET", folder)
			env.Defer(func() { removeEmpty(t, tmp) })
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": codeCommand, "refused": refusedCommand, "results": resultsCommand, "result": resultCommand,
			"sql": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 2 {
					ts.Fatalf("usage: sql DATABASE STATEMENTS")
				}
				ts.Check(execute(folder, args[0], args[1]))
			},
			"rows": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 2 {
					ts.Fatalf("usage: rows DATABASE NUMBER")
				}
				got, err := countRows(folder, args[0])
				ts.Check(err)
				if got != args[1] {
					ts.Fatalf("%s rows in the table, want %s", got, args[1])
				}
			},
		},
	})
}

// startDatabase starts a PostgreSQL for the length of the test and returns its
// socket's folder. The role secretive needs its password, all others none.
func startDatabase(t *testing.T) (folder string) {
	t.Helper()
	tmp, err := shortFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", tmp)
	server, err := postgres.Start(context.Background(), postgres.Options{MaxConnections: 60})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		removeEmpty(t, tmp)
	})
	rules := filepath.Join(server.DataFolder(), "pg_hba.conf")
	text := "local all secretive scram-sha-256\nlocal all all trust\n"
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, statements := range []string{
		"CREATE ROLE secretive LOGIN PASSWORD 'richtig'; CREATE ROLE stranger LOGIN; CREATE ROLE reader LOGIN; CREATE ROLE writer LOGIN",
		"SELECT pg_reload_conf()",
	} {
		if err := execute(server.Folder, "postgres", statements); err != nil {
			t.Fatal(err)
		}
	}
	return server.Folder
}

// execute runs statements as the superuser.
func execute(folder, database, statements string) error {
	ctx := context.Background()
	db, err := connect(ctx, folder, database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(ctx) }()
	_, err = db.PgConn().Exec(ctx, statements).ReadAll()
	return err
}

func countRows(folder, database string) (n string, err error) {
	ctx := context.Background()
	db, err := connect(ctx, folder, database)
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close(ctx) }()
	err = db.QueryRow(ctx, "SELECT count(*)::text FROM car_entities_schema.business_events").Scan(&n)
	return n, err
}

// connect is for the superuser.
func connect(ctx context.Context, folder, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, "postgres:///"+database+"?user=postgres&host="+folder)
}
