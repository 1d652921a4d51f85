package table_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/event"
)

func TestCheckTable(t *testing.T) {
	ctx := context.Background()
	a := dsqltest.New(t)
	nothing, err := a.Open("postgres").Table().Check(ctx, "", "INSERT")
	if diff := cmp.Diff(table.State{User: "postgres"}, nothing); diff != "" || err != nil {
		t.Errorf("without a table: %v, -want +got\n%s", err, diff)
	}
	if n := a.Number("SELECT count(*) FROM pg_namespace WHERE nspname = 'car_entities_schema'"); n != 0 {
		t.Error("a look made the schema")
	}

	db := a.Open("postgres")
	if err := db.Table().Ensure(ctx); err != nil {
		t.Fatal(err)
	}
	outsider, reader, writer, narrow, narrower := "outsider_"+a.Name, "reader_"+a.Name, "writer_"+a.Name, "narrow_"+a.Name, "narrower_"+a.Name
	a.Do("CREATE ROLE " + outsider + " LOGIN; CREATE ROLE " + reader + " LOGIN; CREATE ROLE " + writer + " LOGIN; CREATE ROLE " + narrow + " LOGIN; CREATE ROLE " + narrower + " LOGIN")
	a.Do("GRANT USAGE ON SCHEMA car_entities_schema TO " + reader + ", " + writer + ", " + narrow + ", " + narrower)
	a.Do("GRANT SELECT ON " + dsql.Table + " TO " + reader)
	a.Do("GRANT SELECT, INSERT ON " + dsql.Table + " TO " + writer)
	a.Do("GRANT SELECT (id), INSERT ON " + dsql.Table + " TO " + narrower)
	a.Do("GRANT SELECT (id, event_data), INSERT (id, event_name, event_type, created_date, saved_date, event_data) ON " + dsql.Table + " TO " + narrow)
	a.Do("ALTER ROLE " + writer + " SET default_transaction_read_only = on; ALTER ROLE " + writer + " IN DATABASE " + a.Name + " SET default_transaction_read_only = off")
	all := []string{"SELECT", "INSERT", "DELETE"}
	lacks := func(user, rights string) table.Difference {
		return table.Difference{
			Text: "user " + user + " has no right to " + rights + " on " + dsql.Table,
			Cure: "as an administrator: GRANT " + rights + " ON " + dsql.Table + ` TO "` + user + `"`, OfUser: true,
		}
	}
	outside := table.Difference{
		Text: "user " + outsider + " may not look into the schema car_entities_schema",
		Cure: `as an administrator: GRANT USAGE ON SCHEMA car_entities_schema TO "` + outsider + `"`, OfUser: true,
	}
	for name, c := range map[string]struct {
		login, user string
		rights      []string
		want        table.State
	}{
		"the owner":           {"postgres", "", all, table.State{User: "postgres", Exists: true}},
		"an outsider":         {outsider, "", all, table.State{User: outsider, Exists: true, Differences: []table.Difference{outside, lacks(outsider, "SELECT, INSERT, DELETE")}}},
		"a reader":            {reader, "", all, table.State{User: reader, Exists: true, Differences: []table.Difference{lacks(reader, "INSERT, DELETE")}}},
		"about another":       {"postgres", writer, []string{"SELECT", "INSERT"}, table.State{User: writer, Exists: true}},
		"by one who may not":  {outsider, writer, all, table.State{User: writer, Exists: true, Differences: []table.Difference{lacks(writer, "DELETE")}}},
		"rights on columns":   {narrow, "", []string{"SELECT", "INSERT"}, table.State{User: narrow, Exists: true}},
		"rights on an id":     {narrower, "", []string{"SELECT", "INSERT"}, table.State{User: narrower, Exists: true, Differences: []table.Difference{lacks(narrower, "SELECT")}}},
		"no right to all":     {narrow, "", all, table.State{User: narrow, Exists: true, Differences: []table.Difference{lacks(narrow, "DELETE")}}},
		"about nobody":        {"postgres", "nobody", all, table.State{User: "nobody", Exists: true, NoUser: true}},
		"the setting of both": {writer, "", []string{"INSERT"}, table.State{User: writer, Exists: true}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := a.Open(c.login).Table().Check(ctx, c.user, c.rights...)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v, -want +got\n%s", err, diff)
			}
		})
	}
	if _, err := a.Open("absent").Table().Check(ctx, "", "INSERT"); err == nil || !strings.HasPrefix(err.Error(), "look at table "+dsql.Table+": ") {
		t.Errorf("who can't log in gets %v", err)
	}
	a.Do("ALTER ROLE " + writer + " IN DATABASE " + a.Name + " RESET default_transaction_read_only")
	want := []table.Difference{{
		Text: `default_transaction_read_only = on, as set for role "` + writer + `": its transactions can't write`,
		Cure: `ALTER ROLE "` + writer + `" RESET default_transaction_read_only`, OfUser: true,
	}}
	for _, login := range []string{"postgres", writer} {
		got, err := a.Open(login).Table().Check(ctx, writer, "INSERT")
		if diff := cmp.Diff(want, got.Differences); diff != "" || err != nil {
			t.Errorf("a role that reads only, seen by %s: %v, -want +got\n%s", login, err, diff)
		}
	}
}

// A database that hasn't all of PostgreSQL's catalog, as a cluster, is compared by what
// it has.
func TestCheckTableWithLessCatalog(t *testing.T) {
	a, _ := dsqltest.WithTable(t)
	user := "limited_" + a.Name
	a.Do("CREATE ROLE " + user + " LOGIN; GRANT USAGE ON SCHEMA car_entities_schema TO " + user + "; GRANT ALL ON " + dsql.Table + " TO " + user)
	for _, catalog := range []string{"pg_trigger", "pg_rewrite", "pg_policy", "pg_inherits", "pg_db_role_setting", "pg_settings"} {
		a.Do("REVOKE SELECT ON pg_catalog." + catalog + " FROM PUBLIC")
	}
	a.Do("REVOKE EXECUTE ON FUNCTION pg_is_in_recovery() FROM PUBLIC; REVOKE EXECUTE ON FUNCTION has_column_privilege(oid, oid, int2, text) FROM PUBLIC")
	db := a.Open(user)
	if got, err := db.Table().Check(context.Background(), "", "SELECT", "INSERT", "DELETE"); err != nil || len(got.Differences)+len(got.Notes) > 0 || !got.Exists {
		t.Errorf("a good table: %+v, %v", got, err)
	}
	a.Do("ALTER TABLE " + dsql.Table + " DROP COLUMN event_type, DROP CONSTRAINT business_events_pkey; CREATE INDEX more ON " + dsql.Table + " (event_name)")
	a.Do("REVOKE INSERT ON " + dsql.Table + " FROM " + user)
	got, err := db.Table().Check(context.Background(), "", "SELECT", "INSERT", "DELETE")
	if err != nil || len(got.Differences) != 3 || len(got.Notes) != 1 {
		t.Errorf("a broken table: %+v, %v", got, err)
	}
	// What the catalog doesn't tell of the right to make the table, the attempt does.
	a.Do("DROP SCHEMA car_entities_schema CASCADE; REVOKE EXECUTE ON FUNCTION has_database_privilege(oid, text, text) FROM PUBLIC")
	want := []table.Difference{{
		Text: "table " + dsql.Table + " is missing and may not be made: user " + user + ` has no right to CREATE ON DATABASE "` + a.Name + `"`,
		Cure: `as an administrator: GRANT CREATE ON DATABASE "` + a.Name + `" TO "` + user + `"`, OfUser: true,
	}}
	if got, err := db.Table().Check(context.Background(), "", "INSERT"); err != nil || len(got.Differences) > 0 {
		t.Errorf("no table: %+v, %v", got, err)
	}
	got, err = db.Table().Prepare(context.Background())
	if diff := cmp.Diff(want, got.Differences); diff != "" || err != nil {
		t.Errorf("no table: %v, -want +got\n%s", err, diff)
	}
}

// The types that the comparison lets pass are those that take the rows whole and give
// their ids back.
func TestTypesThatWillDo(t *testing.T) {
	ctx := context.Background()
	a := dsqltest.New(t)
	all := dsqltest.Events(3)
	types := []string{
		"text", "varchar", "varchar(36)", "varchar(35)", "varchar(10)", "varchar(800)", "char(36)", "char(50)", "char(800)", "name", "uuid", "bytea", "json", "jsonb",
		"int", "bigint", "numeric", "boolean", "timestamptz", "timestamp", "timestamptz(0)", "date", "time", "interval", "text[]", "inet", `"char"`, "float8",
	}
	// It takes the rows, but not whole, or has no use for them.
	worse := []string{`"char"`, "name event_data", "bytea event_type", "time created_date", "name created_date", "bytea created_date", "json created_date", "jsonb created_date", "bytea id", "uuid event_data"}
	for _, column := range []string{"id", "event_type", "created_date", "event_data"} {
		for _, typ := range types {
			a.Do("DROP SCHEMA IF EXISTS car_entities_schema CASCADE")
			for _, ddl := range table.Schema() {
				a.Do(ddl)
			}
			key := ""
			if column == "id" {
				key = " PRIMARY KEY"
			}
			if _, err := a.Exec(ctx, "ALTER TABLE "+dsql.Table+" DROP COLUMN "+column+", ADD COLUMN "+column+" "+typ+key); err != nil {
				continue // no type of a key
			}
			db := a.Open("postgres")
			state, err := db.Table().Check(ctx, "", "SELECT", "INSERT", "DELETE")
			if err != nil {
				t.Fatal(err)
			}
			works := takes(ctx, db, all)
			db.Close()
			if slices.Contains(worse, typ) || slices.Contains(worse, typ+" "+column) {
				works = false
			}
			// Of data, the check asks for room for the longest of all types of events.
			if good := len(state.Differences) == 0; good != works {
				t.Errorf("%s %s: works %t, the check says %v", column, typ, works, state.Differences)
			}
		}
	}
}

// takes reports whether the table takes the events, knows their ids and gives them back.
func takes(ctx context.Context, db *dsql.DB, all []event.Event) bool {
	n, err := dsqltest.Insert(ctx, db, all)
	if err != nil || n != int64(len(all)) {
		return false
	}
	present, err := db.Table().Present(ctx, dsqltest.IDs(all))
	slices.Sort(present)
	want := slices.Sorted(slices.Values(dsqltest.IDs(all)))
	if err != nil || !slices.Equal(present, want) {
		return false
	}
	removed, err := db.Table().Delete(ctx, dsqltest.IDs(all))
	return err == nil && removed == int64(len(all))
}

// toChange is a note's statement that takes away what it tells of.
var toChange = regexp.MustCompile(`\(to change that: (.*?)(?:; then [^)]*)?\)(?m:$)`)

// What doesn't hinder the statements is a note; its statement takes it away, rows or not.
func TestTableNotes(t *testing.T) {
	for name, c := range map[string]struct {
		change string
		want   []string
	}{
		"nothing":     {"SELECT 1", nil},
		"one index":   {"CREATE INDEX by_type ON " + dsql.Table + " (event_type)", []string{"has an index that the suite's own table lacks, by_type: it costs a write a row"}},
		"two indexes": {"CREATE INDEX a ON " + dsql.Table + " (event_type); CREATE UNIQUE INDEX b ON " + dsql.Table + " (id, event_type)", []string{"has 2 indexes that the suite's own table lacks (a, b): each costs a write a row"}},
		"a second key": {
			"CREATE UNIQUE INDEX zz ON " + dsql.Table + " (id)", []string{"has an index that the suite's own table lacks, zz: it costs a write a row"},
		},
		"unique of what isn't ours": {
			"ALTER TABLE " + dsql.Table + " ADD COLUMN n serial UNIQUE",
			[]string{"has business_events_n_key, which may refuse a row because of another one (to change that: ALTER TABLE " + dsql.Table + " DROP CONSTRAINT \"business_events_n_key\")", "has an index that the suite's own table lacks, business_events_n_key: it costs a write a row"},
		},
		"unlogged":        {"ALTER TABLE " + dsql.Table + " SET UNLOGGED", []string{"is unlogged: its rows aren't durable, so a logged table has other figures"}},
		"a check":         {"ALTER TABLE " + dsql.Table + " ADD CONSTRAINT long CHECK (length(id) > 3)", []string{"has the check long, which may refuse rows: CHECK ((length((id)::text) > 3)) (to change that: ALTER TABLE " + dsql.Table + " DROP CONSTRAINT \"long\")"}},
		"a foreign key":   {"CREATE TABLE kinds (k varchar(255) PRIMARY KEY); ALTER TABLE " + dsql.Table + " ADD CONSTRAINT of_kind FOREIGN KEY (event_type) REFERENCES kinds", []string{"has the foreign key of_kind, which may refuse rows: FOREIGN KEY (event_type) REFERENCES kinds(k) (to change that: ALTER TABLE " + dsql.Table + " DROP CONSTRAINT \"of_kind\")"}},
		"a later trigger": {"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER audit AFTER INSERT ON " + dsql.Table + " FOR EACH ROW EXECUTE FUNCTION f()", []string{"has a trigger audit at INSERT: it costs time, and may refuse rows (to change that: ALTER TABLE " + dsql.Table + " DISABLE TRIGGER \"audit\")"}},
		"a disabled trigger": {
			"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER b BEFORE INSERT ON " + dsql.Table + " FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE " + dsql.Table + " DISABLE TRIGGER b", nil,
		},
		"a domain": {"CREATE DOMAIN short AS text CHECK (length(value) < 30); ALTER TABLE " + dsql.Table + " ALTER COLUMN event_type TYPE short", []string{"has a column event_type of type short, which may refuse values (to change that: ALTER TABLE " + dsql.Table + " ALTER COLUMN event_type TYPE VARCHAR(255) USING event_type::VARCHAR(255))"}},
		"dates without a time": {
			"ALTER TABLE " + dsql.Table + " ALTER COLUMN created_date TYPE date, ALTER COLUMN saved_date TYPE text", []string{
				"has a column created_date of type date, which keeps the day alone: SQL can't show how a run went over time (to change that: ALTER TABLE " + dsql.Table + " ALTER COLUMN created_date TYPE TIMESTAMPTZ USING replace(created_date::text, ' UTC', '')::TIMESTAMPTZ)",
				"has a column saved_date of type text, which keeps the time as text: SQL's time functions don't accept it (to change that: ALTER TABLE " + dsql.Table + " ALTER COLUMN saved_date TYPE TIMESTAMPTZ USING replace(saved_date::text, ' UTC', '')::TIMESTAMPTZ)",
			},
		},
		"a time without a zone": {"ALTER TABLE " + dsql.Table + " ALTER COLUMN created_date TYPE timestamp", nil},
		"partitions": {
			"DROP TABLE " + dsql.Table + "; CREATE TABLE " + dsql.Table + " (id varchar(255) PRIMARY KEY, event_name text, event_type text, created_date timestamptz, saved_date timestamptz, event_data text) PARTITION BY RANGE (id); CREATE TABLE rest PARTITION OF " + dsql.Table + " DEFAULT", []string{
				"is partitioned: each row goes to one of 1 partitions, and a row that fits none is refused (to change that: ALTER TABLE " + dsql.Table + " RENAME TO business_events_before; then driver schema --apply makes the table)",
			},
		},
		"heirs":           {"CREATE TABLE child () INHERITS (" + dsql.Table + ")", []string{"has child tables (child): their rows are counted with its own"}},
		"defaults":        {"ALTER TABLE " + dsql.Table + " ADD COLUMN region text NOT NULL DEFAULT 'x', ADD COLUMN n int NOT NULL GENERATED ALWAYS AS IDENTITY, ADD COLUMN maybe int", nil},
		"no nulls at all": {"ALTER TABLE " + dsql.Table + " ALTER COLUMN event_type SET NOT NULL, ALTER COLUMN created_date SET NOT NULL", nil},
	} {
		t.Run(name, func(t *testing.T) {
			a, db := dsqltest.WithTable(t)
			a.Do(c.change)
			var want []string
			for _, text := range c.want {
				want = append(want, dsql.Table+" "+text)
			}
			got, err := db.Table().Check(context.Background(), "", "SELECT", "INSERT", "DELETE")
			if diff := cmp.Diff(want, got.Notes); diff != "" || err != nil || len(got.Differences) > 0 {
				t.Errorf("%v, %v, -want +got\n%s", err, got.Differences, diff)
			}
			cures := toChange.FindAllStringSubmatch(strings.Join(got.Notes, "\n"), -1)
			if n, err := dsqltest.Insert(context.Background(), db, dsqltest.Events(3)); len(cures) > 0 && n < 3 && name != "a foreign key" {
				t.Errorf("%d rows, %v", n, err)
			}
			for _, cure := range cures {
				a.Do(cure[1])
			}
			if got, err := db.Table().Prepare(context.Background()); len(cures) > 0 && (err != nil || len(got.Notes) > 1 || len(got.Differences) > 0) {
				t.Errorf("after its statements: %+v, %v", got, err)
			}
			a.Do("DELETE FROM " + dsql.Table)
			if !takes(context.Background(), a.Open("postgres"), dsqltest.Events(3)) { // anew, for the statements of db know the old types
				t.Error("it doesn't take the rows")
			}
		})
	}
}

// Row level security is a difference where nothing lets the user in, and a note where
// its policies decide.
func TestRowLevelSecurity(t *testing.T) {
	a, db := dsqltest.WithTable(t)
	user := "secured_" + a.Name
	a.Do("CREATE ROLE " + user + " LOGIN; GRANT USAGE ON SCHEMA car_entities_schema TO " + user + "; GRANT ALL ON " + dsql.Table + " TO " + user)
	a.Do("ALTER TABLE " + dsql.Table + " ENABLE ROW LEVEL SECURITY; CREATE POLICY of_all ON " + dsql.Table + " USING (true)")
	got, err := a.Open(user).Table().Check(context.Background(), "", "SELECT", "INSERT", "DELETE")
	want := []string{dsql.Table + " has row level security: its policies of_all decide which rows user " + user + " may write and see"}
	if diff := cmp.Diff(want, got.Notes); diff != "" || err != nil || len(got.Differences) > 0 {
		t.Errorf("%v, %v, -want +got\n%s", err, got.Differences, diff)
	}
	if got, err := db.Table().Check(context.Background(), "", "INSERT"); err != nil || len(got.Notes) > 0 {
		t.Errorf("the superuser: %+v, %v", got, err)
	}
}

// Who may log in as a role, from a table such as DSQL keeps; where there is none
// nobody knows.
func TestLogins(t *testing.T) {
	ctx := context.Background()
	a := dsqltest.New(t)
	stranger := "stranger_" + a.Name
	a.Do("CREATE ROLE " + stranger + " LOGIN")
	if arns, ok, err := a.Open("postgres").Table().Logins(ctx, "writer"); len(arns) > 0 || ok || err != nil {
		t.Errorf("without the table: %q, %t, %v", arns, ok, err)
	}
	a.Do("CREATE SCHEMA sys; CREATE TABLE sys.iam_pg_role_mappings (arn text, pg_role_name text)")
	a.Do("INSERT INTO sys.iam_pg_role_mappings VALUES ('arn:b', 'writer'), ('arn:a', 'writer'), ('arn:c', 'other')")
	for user, want := range map[string][]string{"writer": {"arn:a", "arn:b"}, "nobody": nil} {
		arns, ok, err := a.Open("postgres").Table().Logins(ctx, user)
		if diff := cmp.Diff(want, arns, cmpopts.EquateEmpty()); diff != "" || !ok || err != nil {
			t.Errorf("%s: %t, %v, -want +got\n%s", user, ok, err, diff)
		}
	}
	if arns, ok, err := a.Open(stranger).Table().Logins(ctx, "writer"); len(arns) > 0 || ok || err != nil {
		t.Errorf("without the right to look: %q, %t, %v", arns, ok, err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := a.Open("postgres").Table().Logins(gone, "writer"); err == nil || !strings.HasPrefix(err.Error(), "look who may log in as writer: ") {
		t.Errorf("who can't ask gets %v", err)
	}
}
