package e2e_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/local/postgres"
	"dsql-load-test/internal/postgrestest"
)

// The role secretive needs a password, all others none.
const secretive, password = "secretive", "hunter2-s3cr3t"

func startPostgreSQL(t *testing.T) *postgres.Server {
	t.Helper()
	server := postgrestest.Start(t, postgres.Options{MaxConnections: 200})
	postgrestest.Rules(t, server, "local all "+secretive+" scram-sha-256\nlocal all all trust\n")
	postgrestest.Execute(t, server.URL, fmt.Sprintf("CREATE ROLE %s LOGIN SUPERUSER PASSWORD '%s'", secretive, password))
	return server
}

// database makes a database with the table, and with a trigger that runs body before each
// row; body may use n, the row's number from 1. It returns the database's URL.
func (l *lab) database(t *testing.T, name, body string) string {
	t.Helper()
	postgrestest.Execute(t, l.server.URL, "CREATE DATABASE "+name)
	at := "postgres:///" + name + "?" + url.Values{"user": {"postgres"}, "host": {l.server.Home}}.Encode()
	postgrestest.Execute(t, at, strings.Join(table.Schema(), ";"))
	if body == "" {
		return at
	}
	postgrestest.Execute(t, at, `CREATE SEQUENCE numbers;
		CREATE FUNCTION disturb() RETURNS trigger LANGUAGE plpgsql AS $$
		DECLARE n bigint := nextval('numbers');
		BEGIN `+body+` RETURN NEW; END $$;
		CREATE TRIGGER disturb BEFORE INSERT ON `+dsql.Table+` FOR EACH ROW EXECUTE FUNCTION disturb()`)
	return at
}

// to returns the variables that make a run connect directly to a database, without the
// front, and accept the triggers of its table.
func to(database string) []string {
	return []string{"DSQLLOAD_DATABASE_URL=" + database, "DSQLLOAD_FRONT=off", "DSQLLOAD_SKIP_CHECKS=true"}
}
