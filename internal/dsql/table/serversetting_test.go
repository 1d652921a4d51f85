package table_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
)

// A setting that ends statements or slows them is told with its source, and the cure
// that is printed is one.
func TestServerSettings(t *testing.T) {
	for _, c := range []struct {
		name, set string // of the role %r, of the database %d
		want      bench.ServerSetting
		more      string // in the URL's query
	}{
		{"of a role", "ALTER ROLE %r SET statement_timeout = '50ms'", bench.ServerSetting{Name: "statement_timeout", Value: "50ms", SetFor: `role "%r"`, Kind: "57014"}, ""},
		{"of a database", "ALTER DATABASE %d SET lock_timeout = 1500", bench.ServerSetting{Name: "lock_timeout", Value: "1500ms", SetFor: `database "%d"`, Kind: "55P03"}, ""},
		{
			"of a role in a database", "ALTER ROLE %r SET idle_session_timeout = '1h'; ALTER ROLE %r IN DATABASE %d SET idle_session_timeout = '2s'",
			bench.ServerSetting{Name: "idle_session_timeout", Value: "2s", SetFor: `role "%r" in database "%d"`, Kind: "57P05"},
			"",
		},
		{"of the URL", "SELECT 1", bench.ServerSetting{Name: "idle_in_transaction_session_timeout", Value: "7ms", SetFor: "the connection", Kind: "25P03"}, "idle_in_transaction_session_timeout=7"},
		{"of the URL's options", "ALTER ROLE %r SET statement_timeout = '50ms'", bench.ServerSetting{Name: "statement_timeout", Value: "9s", SetFor: "the connection", Kind: "57014"}, "options=-c%20statement_timeout%3D9s"},
		{"each logged", "ALTER ROLE %r SET log_min_duration_statement = 0", bench.ServerSetting{Name: "log_min_duration_statement", Value: "0", SetFor: `role "%r"`}, ""},
		{"some logged", "ALTER ROLE %r SET log_transaction_sample_rate = 0.5", bench.ServerSetting{Name: "log_transaction_sample_rate", Value: "0.5", SetFor: `role "%r"`}, ""},
		{"changes logged", "ALTER ROLE %r SET log_statement = mod", bench.ServerSetting{Name: "log_statement", Value: "mod", SetFor: `role "%r"`}, ""},
		{"durations logged", "ALTER ROLE %r SET log_duration = on", bench.ServerSetting{Name: "log_duration", Value: "on", SetFor: `role "%r"`}, ""},
		{"told to the client", "ALTER ROLE %r SET client_min_messages = debug5", bench.ServerSetting{Name: "client_min_messages", Value: "debug5", SetFor: `role "%r"`}, ""},
		{"modules", "ALTER ROLE %r SET session_preload_libraries = auto_explain", bench.ServerSetting{Name: "session_preload_libraries", Value: "auto_explain", SetFor: `role "%r"`}, ""},
		{"serializable", "ALTER ROLE %r SET default_transaction_isolation = serializable", bench.ServerSetting{Name: "default_transaction_isolation", Value: "serializable", SetFor: `role "%r"`, Kind: "40001"}, ""},
		{"no triggers", "ALTER ROLE %r SET session_replication_role = replica", bench.ServerSetting{Name: "session_replication_role", Value: "replica", SetFor: `role "%r"`}, ""},
		{"of the one who logged in", "CREATE ROLE as_%d; GRANT as_%d TO %r; ALTER ROLE %r SET role = as_%d; ALTER ROLE as_%d SET statement_timeout = 1; ALTER ROLE %r SET lock_timeout = '3s'", bench.ServerSetting{Name: "lock_timeout", Value: "3s", SetFor: `role "%r"`, Kind: "55P03"}, ""},
		{"long limits and none", "ALTER ROLE %r SET statement_timeout = '5min'; ALTER ROLE %r SET lock_timeout = 0; ALTER DATABASE %d SET log_min_duration_statement = '1s'; ALTER ROLE %r SET default_transaction_deferrable = on; ALTER ROLE %r SET search_path = nowhere", bench.ServerSetting{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := dsqltest.New(t)
			role := a.Superuser()
			named := strings.NewReplacer("%r", role, "%d", a.Name)
			a.Do(named.Replace(c.set))
			db, err := dsql.Open(context.Background(), a.As(role)+"&"+c.more, 1)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)
			got := settingsOf(t, db)
			var want []bench.ServerSetting
			if c.want.SetFor = named.Replace(c.want.SetFor); c.want.Name != "" {
				want = []bench.ServerSetting{c.want}
			}
			var cures []string
			for i := range got {
				cures = append(cures, got[i].Cure)
				if got[i].Effect == "" {
					t.Errorf("no effect: %+v", got[i])
				}
				got[i].Cure, got[i].Effect = "", ""
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("-want +got\n%s", diff)
			}
			if c.want.SetFor == "the connection" {
				return
			}
			for _, cure := range cures {
				a.Do(cure)
			}
			if left := settingsOf(t, a.Open(role)); len(cures) > 0 && slices.ContainsFunc(left, func(s bench.ServerSetting) bool { return s.Name == c.want.Name }) {
				t.Errorf("after %v: %v", cures, left)
			}
		})
	}
}

// settingsOf are those that a look at the table tells. The cluster's isolation level is
// no matter.
func settingsOf(t *testing.T, db *dsql.DB) []bench.ServerSetting {
	t.Helper()
	s, err := db.Table().Check(context.Background(), "", "SELECT")
	if err != nil {
		t.Fatal(err)
	}
	return s.Settings
}

// What administrators alone see of a session, the catalog tells everybody of a role.
func TestModulesOfAnOrdinaryRole(t *testing.T) {
	a := dsqltest.New(t)
	a.Do("CREATE ROLE plain_" + a.Name + " LOGIN; ALTER ROLE plain_" + a.Name + " SET session_preload_libraries = auto_explain")
	if got := settingsOf(t, a.Open("plain_"+a.Name)); len(got) != 1 || got[0].Value != "auto_explain" {
		t.Errorf("%+v", got)
	}
}

// A role whose policies are refused instead of applied can't read.
func TestRowSecurityOff(t *testing.T) {
	a, _ := dsqltest.WithTable(t)
	user := "refused_" + a.Name
	a.Do("CREATE ROLE " + user + " LOGIN; GRANT USAGE ON SCHEMA car_entities_schema TO " + user + "; GRANT ALL ON " + dsql.Table + " TO " + user)
	a.Do("ALTER TABLE " + dsql.Table + " ENABLE ROW LEVEL SECURITY; CREATE POLICY of_all ON " + dsql.Table + " USING (true); ALTER ROLE " + user + " SET row_security = off")
	if _, err := a.Open(user).Table().CountAll(context.Background()); failure.Explain(err).Kind != "42501" {
		t.Errorf("%v", err)
	}
	got, err := a.Open(user).Table().Check(context.Background(), "", "SELECT")
	if err != nil || len(got.Differences) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	a.Do(got.Differences[0].Cure)
	if _, err := a.Open(user).Table().CountAll(context.Background()); err != nil {
		t.Error(err)
	}
}

// A question that a time limit ended says which, of whom, however short it is.
func TestLimitsOfQuestions(t *testing.T) {
	for name, c := range map[string]struct{ set, more, want string }{
		"of a role":           {"ALTER ROLE %r SET statement_timeout = 20", "", `statement_timeout = 20ms, as set for role "%r": `},
		"of a database":       {"ALTER DATABASE %d SET lock_timeout = 1", "", `lock_timeout = 1ms, as set for database "%d": `},
		"of the URL":          {"SELECT 1", "statement_timeout=20", "statement_timeout = 20ms, as set for the connection: "},
		"of the URL's option": {"ALTER ROLE %r SET lock_timeout = '1h'", "options=-c%20lock_timeout%3D1", "lock_timeout = 1ms, as set for the connection: "},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := dsqltest.WithTable(t)
			role := a.Superuser()
			named := strings.NewReplacer("%r", role, "%d", a.Name)
			a.Do(named.Replace(c.set))
			db, err := dsql.Open(context.Background(), a.As(role)+"&"+c.more, 1)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)
			a.Do("BEGIN; LOCK TABLE " + dsql.Table)
			_, err = db.Table().CountAll(context.Background())
			a.Do("ROLLBACK")
			if err == nil || !strings.Contains(err.Error(), "hint: "+named.Replace(c.want)) {
				t.Errorf("%v, want a hint %s", err, named.Replace(c.want))
			}
		})
	}
}
