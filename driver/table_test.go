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
	dsqltable "dsql-load-test/internal/dsql/table"
)

// drive runs the program as it is on the command line.
func drive(args ...string) (code int, stdout, stderr string) {
	var out, log bytes.Buffer
	code = program(context.Background(), args, &out, &log)
	return code, out.String(), log.String()
}

// ended runs the whole program, and returns its exit code and what it printed.
func ended(t *testing.T, args ...string) (code int, printed string) {
	t.Helper()
	var out bytes.Buffer
	code = program(context.Background(), args, &out, &out)
	return code, out.String()
}

// sqlCure is a printed cure that is SQL, without what comes after it.
var sqlCure = regexp.MustCompile(`(?m)^hint: (?:as an administrator: )?((?:ALTER|CREATE|DROP|GRANT|SET) .*?)(?:; then driver .*)?$`)

// printedCures are the statements among the hints, each once.
func printedCures(printed string) (cures []string) {
	for _, found := range sqlCure.FindAllStringSubmatch(printed, -1) {
		if !slices.Contains(cures, found[1]) {
			cures = append(cures, found[1])
		}
	}
	return cures
}

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
		if strings.Contains(printed, "error: CREATE") {
			t.Errorf("%s tried to make what is there, or can't be made\n%s", name, printed)
		}
		for _, want := range texts {
			if !strings.Contains(printed, want) {
				t.Errorf("%s lacks %q\n%s", name, want, printed)
			}
		}
	}
}

// A table that a run's statements can't work with is refused by all commands that look
// at it, with every difference and its cure. The cure, as it is printed, is one.
func TestBrokenTables(t *testing.T) {
	folder := startDatabase(t)
	const table = dsql.Table
	for i, c := range []struct {
		name   string
		broken string   // after Schema; %r is a role's name, %d the database's
		says   []string // each printed by all commands
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
			table + " has neither a primary key nor a unique index on (id)", "ALTER TABLE " + table + ` DROP CONSTRAINT "business_events_pkey", ADD PRIMARY KEY (id)`,
		}},
		{name: "a key of the name", broken: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey, ADD PRIMARY KEY (event_name)", says: []string{
			table + " has neither a primary key nor a unique index on (id)",
		}},
		{name: "a key of the name beside one of the id", broken: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey, ADD PRIMARY KEY (event_name), ADD UNIQUE (id)", says: []string{
			"business_events_pkey of " + table + " makes (event_name) unique",
		}},
		{name: "an invalid key", broken: "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'car_entities_schema.business_events_pkey'::regclass", says: []string{
			table + " has neither a primary key nor a unique index on (id)",
		}},
		{name: "a late key beside a good one", broken: "ALTER TABLE " + table + " ADD CONSTRAINT late UNIQUE (id) DEFERRABLE", says: []string{
			"the key late of " + table + " on (id) is DEFERRABLE",
		}},
		{name: "a late key beside one of two", broken: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey, ADD PRIMARY KEY (id, event_name), ADD CONSTRAINT late UNIQUE (id) DEFERRABLE", says: []string{
			"the key late of " + table + " on (id) is DEFERRABLE",
		}},
		{name: "a late primary key", broken: "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey, ADD PRIMARY KEY (id) DEFERRABLE", says: []string{
			"the key business_events_pkey of " + table + " on (id) is DEFERRABLE",
		}},
		{name: "partitions by another column", broken: "DROP TABLE " + table + "; CREATE TABLE " + table + " (id varchar(255), event_name varchar(255) NOT NULL, event_type varchar(255), created_date timestamptz, saved_date timestamptz, event_data text NOT NULL, PRIMARY KEY (id, created_date)) PARTITION BY RANGE (created_date); CREATE TABLE car_entities_schema.part PARTITION OF " + table + " DEFAULT", says: []string{
			table + " has neither a primary key nor a unique index on (id)",
		}},
		{name: "numbers for a date", broken: "ALTER TABLE " + table + " DROP COLUMN saved_date, ADD COLUMN saved_date int", says: []string{
			"column saved_date of " + table + " has type integer",
		}},
		{name: "no table, and no right to make it", user: "%r", broken: "CREATE ROLE %r LOGIN; DROP SCHEMA car_entities_schema CASCADE", says: []string{
			table + ` is missing and may not be made: user %r has no right to CREATE ON DATABASE "%d"`, `as an administrator: GRANT CREATE ON DATABASE "%d" TO "%r"`,
		}},
		{name: "no table, and no right to the schema", user: "%r", broken: "CREATE ROLE %r LOGIN; DROP TABLE " + table + "; GRANT USAGE ON SCHEMA car_entities_schema TO %r", says: []string{
			table + ` is missing and may not be made: user %r has no right to CREATE ON SCHEMA car_entities_schema`, `as an administrator: GRANT CREATE ON SCHEMA car_entities_schema TO "%r"`,
		}},
		{name: "no table, and a role that reads only", user: "%r", broken: "CREATE ROLE %r LOGIN; DROP SCHEMA car_entities_schema CASCADE; GRANT CREATE ON DATABASE %d TO %r; ALTER ROLE %r SET default_transaction_read_only = on", says: []string{
			`default_transaction_read_only = on, as set for role "%r"`,
		}},
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
		}},
		{name: "a materialized view", broken: "ALTER TABLE " + table + " RENAME TO real; CREATE MATERIALIZED VIEW " + table + " AS SELECT * FROM car_entities_schema.real", says: []string{
			table + " is a materialized view, and must be a table",
		}},
		{name: "a foreign table", broken: "DROP TABLE " + table + "; CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE " + table + " (id text) SERVER files OPTIONS (filename '/none')", says: []string{
			table + " is a foreign table, and must be a table",
		}},
		{name: "an index of its name", broken: "ALTER TABLE " + table + " RENAME TO real; CREATE INDEX business_events ON car_entities_schema.real (event_type)", says: []string{
			table + " is an index, and must be a table",
		}},
		{name: "a partition", broken: "ALTER TABLE " + table + " RENAME TO whole; DROP TABLE car_entities_schema.whole; CREATE TABLE car_entities_schema.whole (id varchar(255) PRIMARY KEY, event_name varchar(255) NOT NULL, event_type varchar(255), created_date timestamptz, saved_date timestamptz, event_data text NOT NULL) PARTITION BY RANGE (id); CREATE TABLE " + table + " PARTITION OF car_entities_schema.whole FOR VALUES FROM ('0') TO ('8')", says: []string{
			table + " is a partition of another table",
		}},
		{name: "no partition", broken: "DROP TABLE " + table + "; CREATE TABLE " + table + " (id varchar(255) PRIMARY KEY, event_name varchar(255) NOT NULL, event_type varchar(255), created_date timestamptz, saved_date timestamptz, event_data text NOT NULL) PARTITION BY HASH (id)", says: []string{
			table + " is partitioned and has no partition",
		}},
		{name: "a trigger", broken: "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL;END'; CREATE TRIGGER swallow BEFORE INSERT ON " + table + " FOR EACH ROW EXECUTE FUNCTION no()", says: []string{
			"trigger swallow of " + table + " runs before each row's INSERT", `ALTER TABLE ` + table + ` DISABLE TRIGGER "swallow"`,
		}},
		{name: "a rule", broken: "CREATE RULE nowhere AS ON INSERT TO " + table + " DO INSTEAD NOTHING", says: []string{
			"rule nowhere of " + table + " rewrites the statements", `DROP RULE "nowhere" ON ` + table,
		}},
		{name: "a role that reads only", user: "%r", broken: "CREATE ROLE %r LOGIN; GRANT USAGE ON SCHEMA car_entities_schema TO %r; GRANT SELECT, INSERT, DELETE ON " + table + " TO %r; ALTER ROLE %r SET default_transaction_read_only = on", says: []string{
			`default_transaction_read_only = on, as set for role "%r"`, `ALTER ROLE "%r" RESET default_transaction_read_only`,
		}},
		{name: "a database that is read only", user: "%r", broken: "CREATE ROLE %r LOGIN; GRANT USAGE ON SCHEMA car_entities_schema TO %r; GRANT SELECT, INSERT, DELETE ON " + table + " TO %r; ALTER DATABASE %d SET default_transaction_read_only = on", says: []string{
			`default_transaction_read_only = on, as set for database "%d"`, `SET default_transaction_read_only = off; ALTER DATABASE "%d" RESET default_transaction_read_only`,
		}},
		{name: "a role that reads only here", user: "%r", broken: "CREATE ROLE %r LOGIN; GRANT USAGE ON SCHEMA car_entities_schema TO %r; GRANT SELECT, INSERT, DELETE ON " + table + " TO %r; ALTER ROLE %r IN DATABASE %d SET default_transaction_read_only = on", says: []string{
			`default_transaction_read_only = on, as set for role "%r" in database "%d"`, `ALTER ROLE "%r" IN DATABASE "%d" RESET default_transaction_read_only`,
		}},
		{name: "row level security", user: "%r", broken: "CREATE ROLE %r LOGIN; GRANT USAGE ON SCHEMA car_entities_schema TO %r; GRANT SELECT, INSERT, DELETE ON " + table + " TO %r; ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY; CREATE POLICY see ON " + table + " FOR SELECT USING (true)", says: []string{
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
			do(database, strings.Join(dsqltable.Schema(), "; "))
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
			_, printed := ended(t, commands["schema"]...)
			for _, cure := range printedCures(printed) {
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

// Who may write to the table, and no more, can apply the schema that is there.
func TestSchemaThatIsThere(t *testing.T) {
	folder := startDatabase(t)
	statements := append(dsqltable.Grants("only_writes", ""), "CREATE ROLE foreign_to_it LOGIN")
	if err := executeEach(folder, "postgres", strings.Join(statements, "; ")); err != nil {
		t.Fatal(err)
	}
	apply := func(user string, more ...string) (code int, printed string) {
		return ended(t, append([]string{"schema", "--apply", "--database-url", "postgres:///postgres?user=" + user + "&host=" + folder}, more...)...)
	}
	for _, more := range [][]string{nil, {"--role", "only_writes"}} {
		code, printed := apply("only_writes", more...)
		if code != exitComplete || strings.Contains(printed, "-- done") || strings.Count(printed, "-- there already") != 2+3*len(more)/2 {
			t.Errorf("%v: exit code %d\n%s", more, code, printed)
		}
	}
	if code, printed := apply("foreign_to_it"); code != exitUsage || strings.Contains(printed, "error: CREATE") || !strings.Contains(printed, "error: user foreign_to_it may not look into") {
		t.Errorf("without rights: exit code %d\n%s", code, printed)
	}
	if code, printed := apply("only_writes", "--role", "new"); code != exitIncomplete || !strings.Contains(printed, "hint: run it as an administrator") {
		t.Errorf("a role that it can't make: exit code %d\n%s", code, printed)
	}
}
