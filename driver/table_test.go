package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql"
)

// ended runs the whole program, and returns its exit code and what it printed.
func ended(t *testing.T, args ...string) (code int, printed string) {
	t.Helper()
	var out bytes.Buffer
	code = run(context.Background(), args, &out, &out)
	return code, out.String()
}

// sqlCure is what begins a cure that is SQL.
var sqlCure = regexp.MustCompile("^(ALTER|DROP|SET) ")

// executeEach runs statements as the superuser, each in a transaction of its own.
func executeEach(folder, database, statements string) error {
	ctx := context.Background()
	db, err := connect(ctx, folder, database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(ctx) }()
	for statement := range strings.SplitSeq(statements, "; ") {
		if _, err := db.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// lookingCommands are those that compare the table with what a run needs, at a database.
func lookingCommands(t *testing.T, at []string) map[string][]string {
	small := []string{"--telemetry", "off", "--num-lambdas", "1", "--iterations", "1", "--warm-up", "0"}
	return map[string][]string{
		"schema": append([]string{"schema", "--apply"}, at...),
		"doctor": append(append([]string{"doctor"}, at...), small...),
		"run":    append(append([]string{"run", "--out", t.TempDir()}, at...), small...),
	}
}

// refusedBy expects each command to end with 2 and to print all texts.
func refusedBy(t *testing.T, commands map[string][]string, texts ...string) {
	t.Helper()
	for name, args := range commands {
		code, printed := ended(t, args...)
		if code != exitUsage {
			t.Errorf("%s: exit code %d\n%s", name, code, printed)
		}
		for _, want := range texts {
			if !strings.Contains(printed, want) {
				t.Errorf("%s lacks %q\n%s", name, want, printed)
			}
		}
	}
}

// A table that a run's statements can't work with is refused by all commands that look
// at it, with every difference and its cure. The cure is one.
func TestBrokenTables(t *testing.T) {
	folder := startDatabase(t)
	const table = dsql.Table
	for i, c := range []struct {
		name   string
		broken string   // after Schema; %r is a role's name, %d the database's
		says   []string // each printed by all commands
		cure   string   // what makes it good, where that isn't printed
		user   string   // who looks; the superuser when empty
	}{
		{name: "no column", broken: "ALTER TABLE " + table + " DROP COLUMN event_type", says: []string{
			table + " has no column event_type", "ALTER TABLE " + table + " ADD COLUMN event_type VARCHAR(255)",
		}},
		{name: "a column without default", broken: "ALTER TABLE " + table + " ADD COLUMN region text NOT NULL", says: []string{
			"column region of " + table + " is NOT NULL and has no default", `ALTER TABLE ` + table + ` ALTER COLUMN "region" DROP NOT NULL`,
		}},
		{name: "a short id", broken: "ALTER TABLE " + table + " ALTER COLUMN id TYPE varchar(10)", says: []string{
			"column id of " + table + " has type character varying(10), and its values have up to 36 characters",
			"ALTER TABLE " + table + " ALTER COLUMN id TYPE VARCHAR(255) USING id::VARCHAR(255)",
		}},
		{name: "a short name and a number for data", broken: "ALTER TABLE " + table + " ALTER COLUMN event_name TYPE varchar(21), DROP COLUMN event_data, ADD COLUMN event_data int", says: []string{
			"column event_name of " + table + " has type character varying(21), and its values have up to 22 characters",
			"column event_data of " + table + " has type integer: must be text, varchar, char, json, jsonb or bytea",
			"ALTER TABLE " + table + " ALTER COLUMN event_name TYPE VARCHAR(255) USING event_name::VARCHAR(255)",
			"ALTER TABLE " + table + " ALTER COLUMN event_data TYPE TEXT USING event_data::TEXT",
		}},
		{name: "an id with blanks", broken: "ALTER TABLE " + table + " ALTER COLUMN id TYPE char(50)", says: []string{
			"column id of " + table + " has type character(50), which gives its 36 characters back with blanks",
			"ALTER TABLE " + table + " ALTER COLUMN id TYPE VARCHAR(255) USING id::VARCHAR(255)",
		}},
		{name: "a generated column", broken: "ALTER TABLE " + table + " DROP COLUMN event_type, ADD COLUMN event_type text GENERATED ALWAYS AS (event_name) STORED", says: []string{
			"column event_type of " + table + " is GENERATED ALWAYS", "ALTER TABLE " + table + " ALTER COLUMN event_type DROP EXPRESSION",
		}},
		{name: "no key", broken: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey", says: []string{
			table + " has neither a primary key nor a unique index on (id)", "ALTER TABLE " + table + " ADD PRIMARY KEY (id)",
		}},
		{name: "a key of two", broken: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey, ADD PRIMARY KEY (id, event_name)", says: []string{
			table + " has neither a primary key nor a unique index on (id)",
		}, cure: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey, ADD PRIMARY KEY (id)"},
		{name: "a key that comes later", broken: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey, ADD CONSTRAINT late UNIQUE (id) DEFERRABLE", says: []string{
			"the key late of " + table + " on (id) is DEFERRABLE", `ALTER TABLE ` + table + ` DROP CONSTRAINT "late", ADD PRIMARY KEY (id)`,
		}},
		{name: "a part of a key", broken: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey; CREATE UNIQUE INDEX part ON " + table + " (id) WHERE event_type IS NOT NULL", says: []string{
			table + " has neither a primary key nor a unique index on (id)", "ALTER TABLE " + table + " ADD PRIMARY KEY (id)",
		}},
		{name: "a column too unique", broken: "CREATE UNIQUE INDEX one_each ON " + table + " (event_type)", says: []string{
			"one_each of " + table + " makes (event_type) unique", `DROP INDEX car_entities_schema."one_each"`,
		}},
		{name: "a view", broken: "ALTER TABLE " + table + " RENAME TO real; CREATE VIEW " + table + " AS SELECT * FROM car_entities_schema.real", says: []string{
			table + " is a view, and must be a table", "ALTER VIEW " + table + " RENAME TO business_events_before; then driver schema --apply makes the table",
		}, cure: "ALTER VIEW " + table + " RENAME TO business_events_before"},
		{name: "a materialized view", broken: "ALTER TABLE " + table + " RENAME TO real; CREATE MATERIALIZED VIEW " + table + " AS SELECT * FROM car_entities_schema.real", says: []string{
			table + " is a materialized view, and must be a table",
		}, cure: "ALTER MATERIALIZED VIEW " + table + " RENAME TO business_events_before"},
		{name: "a foreign table", broken: "DROP TABLE " + table + "; CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE " + table + " (id text) SERVER files OPTIONS (filename '/none')", says: []string{
			table + " is a foreign table, and must be a table",
		}, cure: "ALTER FOREIGN TABLE " + table + " RENAME TO business_events_before"},
		{name: "an index of its name", broken: "ALTER TABLE " + table + " RENAME TO real; CREATE INDEX business_events ON car_entities_schema.real (event_type)", says: []string{
			table + " is an index, and must be a table",
		}, cure: "ALTER INDEX " + table + " RENAME TO business_events_before"},
		{name: "a partition", broken: "ALTER TABLE " + table + " RENAME TO whole; DROP TABLE car_entities_schema.whole; CREATE TABLE car_entities_schema.whole (id varchar(255) PRIMARY KEY, event_name varchar(255) NOT NULL, event_type varchar(255), created_date timestamptz, saved_date timestamptz, event_data text NOT NULL) PARTITION BY RANGE (id); CREATE TABLE " + table + " PARTITION OF car_entities_schema.whole FOR VALUES FROM ('0') TO ('8')", says: []string{
			table + " is a partition of another table",
		}, cure: "ALTER TABLE " + table + " RENAME TO business_events_before"},
		{name: "no partition", broken: "DROP TABLE " + table + "; CREATE TABLE " + table + " (id varchar(255) PRIMARY KEY, event_name varchar(255) NOT NULL, event_type varchar(255), created_date timestamptz, saved_date timestamptz, event_data text NOT NULL) PARTITION BY HASH (id)", says: []string{
			table + " is partitioned and has no partition",
		}, cure: "DROP TABLE " + table},
		{name: "a trigger", broken: "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL;END'; CREATE TRIGGER swallow BEFORE INSERT ON " + table + " FOR EACH ROW EXECUTE FUNCTION no()", says: []string{
			"trigger swallow of " + table + " runs before each row's INSERT", `ALTER TABLE ` + table + ` DISABLE TRIGGER "swallow"`,
		}},
		{name: "a rule", broken: "CREATE RULE nowhere AS ON INSERT TO " + table + " DO INSTEAD NOTHING", says: []string{
			"rule nowhere of " + table + " rewrites the statements", `DROP RULE "nowhere" ON ` + table,
		}},
		{name: "a role that reads only", user: "%r", broken: "CREATE ROLE %r LOGIN; GRANT ALL ON SCHEMA car_entities_schema TO %r; GRANT CREATE ON DATABASE %d TO %r; GRANT ALL ON " + table + " TO %r; ALTER ROLE %r SET default_transaction_read_only = on", says: []string{
			`default_transaction_read_only = on, as set for role "%r"`, `ALTER ROLE "%r" RESET default_transaction_read_only`,
		}},
		{name: "a database that is read only", user: "%r", broken: "CREATE ROLE %r LOGIN; GRANT ALL ON SCHEMA car_entities_schema TO %r; GRANT CREATE ON DATABASE %d TO %r; GRANT ALL ON " + table + " TO %r; ALTER DATABASE %d SET default_transaction_read_only = on", says: []string{
			`default_transaction_read_only = on, as set for database "%d"`, `SET default_transaction_read_only = off; ALTER DATABASE "%d" RESET default_transaction_read_only`,
		}},
		{name: "a role that reads only here", user: "%r", broken: "CREATE ROLE %r LOGIN; GRANT ALL ON SCHEMA car_entities_schema TO %r; GRANT CREATE ON DATABASE %d TO %r; GRANT ALL ON " + table + " TO %r; ALTER ROLE %r IN DATABASE %d SET default_transaction_read_only = on", says: []string{
			`default_transaction_read_only = on, as set for role "%r" in database "%d"`, `ALTER ROLE "%r" IN DATABASE "%d" RESET default_transaction_read_only`,
		}},
		{name: "row level security", user: "%r", broken: "CREATE ROLE %r LOGIN; GRANT ALL ON SCHEMA car_entities_schema TO %r; GRANT CREATE ON DATABASE %d TO %r; GRANT ALL ON " + table + " TO %r; ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY; CREATE POLICY see ON " + table + " FOR SELECT USING (true)", says: []string{
			"row level security of " + table + " has no policy that lets user %r INSERT, DELETE", "ALTER TABLE " + table + " DISABLE ROW LEVEL SECURITY",
		}},
		{name: "several at once", broken: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey, DROP COLUMN saved_date, ADD COLUMN tenant int NOT NULL", says: []string{
			"has no column saved_date", "column tenant of", "neither a primary key nor a unique index",
			"ALTER TABLE " + table + " ADD COLUMN saved_date TIMESTAMPTZ", `ALTER TABLE ` + table + ` ALTER COLUMN "tenant" DROP NOT NULL`, "ALTER TABLE " + table + " ADD PRIMARY KEY (id)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			database, role := fmt.Sprintf("broken%d", i), fmt.Sprintf("limited%d", i)
			fill := strings.NewReplacer("%d", database, "%r", role).Replace
			do := func(in, statements string) {
				t.Helper()
				if err := executeEach(folder, in, fill(statements)); err != nil {
					t.Fatalf("%s: %v", statements, err)
				}
			}
			do("postgres", "CREATE DATABASE %d")
			do(database, strings.Join(dsql.Schema(), "; "))
			do(database, c.broken)
			user := "postgres"
			if c.user != "" {
				user = fill(c.user)
			}
			at := []string{"--database-url", "postgres:///" + database + "?user=" + user + "&host=" + folder}
			commands := lookingCommands(t, at)
			var says []string
			for _, text := range c.says {
				says = append(says, fill(text))
			}
			refusedBy(t, commands, says...)
			cures := []string{c.cure}
			if c.cure == "" {
				cures = slices.DeleteFunc(slices.Clone(c.says), func(said string) bool { return !sqlCure.MatchString(said) })
			}
			for _, cure := range cures {
				do(database, cure)
			}
			for _, name := range []string{"schema", "doctor"} {
				if code, printed := ended(t, commands[name]...); code != exitComplete {
					t.Errorf("%s after the cure: exit code %d\n%s", name, code, printed)
				}
			}
		})
	}
}
