package dsql_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dsql-load-test/internal/dsql"
)

func TestCheckTable(t *testing.T) {
	ctx := context.Background()
	a := database(t)
	nothing, err := a.open("postgres").CheckTable(ctx, "", "INSERT")
	if diff := cmp.Diff(dsql.TableState{User: "postgres"}, nothing); diff != "" || err != nil || nothing.Good() {
		t.Errorf("without a table: %v, -want +got\n%s", err, diff)
	}
	if n := a.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'car_entities_schema'"); n != 0 {
		t.Error("a look made the schema")
	}

	db := a.open("postgres")
	if err := db.EnsureTable(ctx); err != nil {
		t.Fatal(err)
	}
	outsider, reader, writer := "outsider_"+a.name, "reader_"+a.name, "writer_"+a.name
	a.do("CREATE ROLE " + outsider + " LOGIN; CREATE ROLE " + reader + " LOGIN; CREATE ROLE " + writer + " LOGIN")
	a.do("GRANT USAGE ON SCHEMA car_entities_schema TO " + reader + ", " + writer)
	a.do("GRANT SELECT ON " + dsql.Table + " TO " + reader)
	a.do("GRANT SELECT, INSERT ON " + dsql.Table + " TO " + writer)
	all := []string{"SELECT", "INSERT", "DELETE"}
	for name, c := range map[string]struct {
		login, user string
		rights      []string
		want        dsql.TableState
		good        bool
	}{
		"the owner":          {"postgres", "", all, dsql.TableState{User: "postgres", Exists: true, Missing: []string{}}, true},
		"an outsider":        {outsider, "", all, dsql.TableState{User: outsider, Exists: true, NoSchema: true, Missing: all}, false},
		"a reader":           {reader, "", all, dsql.TableState{User: reader, Exists: true, Missing: []string{"INSERT", "DELETE"}}, false},
		"about another":      {"postgres", writer, []string{"SELECT", "INSERT"}, dsql.TableState{User: writer, Exists: true, Missing: []string{}}, true},
		"by one who may not": {outsider, writer, all, dsql.TableState{User: writer, Exists: true, Missing: []string{"DELETE"}}, false},
		"about nobody":       {"postgres", "nobody", all, dsql.TableState{User: "nobody", Exists: true, NoUser: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := a.open(c.login).CheckTable(ctx, c.user, c.rights...)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil || got.Good() != c.good {
				t.Errorf("%v, good %t, -want +got\n%s", err, got.Good(), diff)
			}
		})
	}
	if _, err := a.open("absent").CheckTable(ctx, "", "INSERT"); err == nil || !strings.HasPrefix(err.Error(), "look for rights on table "+dsql.Table+": ") {
		t.Errorf("who can't log in gets %v", err)
	}
}

// Who may log in as a role, from a table such as DSQL keeps; where there is none
// nobody knows.
func TestLogins(t *testing.T) {
	ctx := context.Background()
	a := database(t)
	stranger := "stranger_" + a.name
	a.do("CREATE ROLE " + stranger + " LOGIN")
	if arns, ok, err := a.open("postgres").Logins(ctx, "writer"); len(arns) > 0 || ok || err != nil {
		t.Errorf("without the table: %q, %t, %v", arns, ok, err)
	}
	a.do("CREATE SCHEMA sys; CREATE TABLE sys.iam_pg_role_mappings (arn text, pg_role_name text)")
	a.do("INSERT INTO sys.iam_pg_role_mappings VALUES ('arn:b', 'writer'), ('arn:a', 'writer'), ('arn:c', 'other')")
	for user, want := range map[string][]string{"writer": {"arn:a", "arn:b"}, "nobody": nil} {
		arns, ok, err := a.open("postgres").Logins(ctx, user)
		if diff := cmp.Diff(want, arns, cmpopts.EquateEmpty()); diff != "" || !ok || err != nil {
			t.Errorf("%s: %t, %v, -want +got\n%s", user, ok, err, diff)
		}
	}
	if arns, ok, err := a.open(stranger).Logins(ctx, "writer"); len(arns) > 0 || ok || err != nil {
		t.Errorf("without the right to look: %q, %t, %v", arns, ok, err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := a.open("postgres").Logins(gone, "writer"); err == nil || !strings.HasPrefix(err.Error(), "look who may log in as writer: ") {
		t.Errorf("who can't ask gets %v", err)
	}
}

func TestClusterName(t *testing.T) {
	const id = "abcdefghijklmnopqrstuvwxyz"
	for host, want := range map[string][2]string{
		id + ".dsql.eu-west-1.on.aws":       {id, "eu-west-1"},
		id + ".dsql-gamma.eu-west-1.on.aws": {id, "eu-west-1"},
		"short.dsql.eu-west-1.on.aws":       {"", "eu-west-1"},
		id + ".example.com":                 {"", ""},
		"localhost":                         {"", ""},
		"":                                  {"", ""},
	} {
		a := dsql.Address{Host: host}
		if got := [2]string{a.ClusterID(), a.ClusterRegion()}; got != want {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
	}
}

func TestReach(t *testing.T) {
	a := database(t)
	if err := dsql.Reach(context.Background(), dsql.Address{URL: urlOf(t, a.name, "nobody")}); err != nil {
		t.Errorf("the socket: %v", err)
	}
	for name, c := range map[string]struct {
		address dsql.Address
		want    string
	}{
		"closed":   {dsql.Address{Endpoint: "127.0.0.1", Host: "x", Port: 1, User: "admin"}, "connect to 127.0.0.1:1: "},
		"bad URL":  {dsql.Address{URL: "postgres://a b"}, "database URL postgres://...: "},
		"no roots": {dsql.Address{Endpoint: "127.0.0.1", Port: 1, Roots: "none"}, "DSQL_ROOT_CERTIFICATE: "},
	} {
		t.Run(name, func(t *testing.T) {
			if err := dsql.Reach(context.Background(), c.address); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v, want %s...", err, c.want)
			}
		})
	}
}
