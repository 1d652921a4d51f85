package doctor

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
)

// cluster is what --cluster names: the front, by the cluster's name.
func cluster(t *testing.T) address.Address {
	t.Helper()
	port, err := strconv.Atoi(os.Getenv(clusterPort))
	if err != nil {
		t.Fatal(err)
	}
	return address.Address{
		Endpoint: "127.0.0.1", Port: port, Host: clusterHost, Database: "postgres", User: "admin", Region: "us-east-1", Roots: os.Getenv(clusterRoots),
	}
}

func TestDatabase(t *testing.T) {
	const unneeded = " (from here; a run with --verify off doesn't need it)"
	const reach = " | check the name, the network and a firewall's port 1"
	const noLogin = "skipped table: not looked at without a login"
	const noWay = "skipped login: not looked at without a connection"
	other := "zyxwvutsrqponmlkjihgfedcba.dsql.us-east-1.on.aws"
	for name, c := range map[string]struct {
		change func(*testing.T, *scene)
		want   []string
	}{
		"named by --cluster": {func(t *testing.T, s *scene) { s.options.Database = cluster(t) }, nil},
		"no variables": {
			func(_ *testing.T, s *scene) { s.function(func(f *awsapi.Function) { f.Environment = nil }) },
			[]string{
				"failed environment: the function's environment names no database: set AURORA_DSQL_ENDPOINT, or DATABASE_URL | " +
					"set AURORA_DSQL_ENDPOINT and IAM_USERNAME by lambda/template.yaml and sam deploy again (docs/aws.md)",
				"skipped cluster: not looked at without its name: the function's environment names no database: set AURORA_DSQL_ENDPOINT, or DATABASE_URL",
				"skipped connection: the function's environment names no database: set AURORA_DSQL_ENDPOINT, or DATABASE_URL",
				noWay, noLogin,
			},
		},
		"variables that Lambda can't read": {
			func(t *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) { f.Undecipherable = true })
				s.options.Database = cluster(t)
			},
			[]string{"failed environment: Lambda can't decrypt them: Lambda was unable to decrypt your environment variables because the KMS access was denied. | " +
				"set AURORA_DSQL_ENDPOINT and IAM_USERNAME by lambda/template.yaml and sam deploy again (docs/aws.md)"},
		},
		"a URL, whose password isn't shown": {
			func(_ *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) {
					f.Environment = map[string]string{"DATABASE_URL": "postgres://me:geheim@127.0.0.1:1/x"}
				})
			},
			[]string{
				"skipped cluster: not looked at without its name: the function's DATABASE_URL is its own",
				"skipped connection: the function's DATABASE_URL is its own", noWay, noLogin,
			},
		},
		"the function's cluster is of another region": {
			func(t *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) { f.Environment["DSQL_HOST"] = clusterID + ".dsql.eu-west-1.on.aws" })
				s.options.Database = cluster(t)
			},
			[]string{"failed environment: AWS_REGION = us-east-1: the cluster CLUSTER.dsql.eu-west-1.on.aws is in eu-west-1 | " +
				"set AURORA_DSQL_ENDPOINT and IAM_USERNAME by lambda/template.yaml and sam deploy again (docs/aws.md)"},
		},
		"the function writes to another cluster": {
			func(t *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) { f.Environment["DSQL_HOST"] = other })
				s.options.Database = cluster(t)
			},
			[]string{"failed environment: the function writes to " + other + ", and --cluster is CLUSTER.dsql.us-east-1.on.aws: its rows would be looked for in the wrong place | " +
				"--cluster " + other + ", or deploy the function for the other cluster"},
		},
		"the function goes by the cluster's private name": {
			func(t *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) { f.Environment["DSQL_HOST"] = clusterID + ".dsql-fnh4.us-east-1.on.aws" })
				s.options.Database = cluster(t)
			},
			nil,
		},
		"the function goes by another name": {
			func(t *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) { f.Environment["DSQL_HOST"] = "cluster.example" })
				s.options.Database = cluster(t)
			},
			[]string{"warning environment: the function connects to cluster.example, the driver to CLUSTER.dsql.us-east-1.on.aws | check that both names are the same cluster's"},
		},
		"no cluster's own name": {
			func(_ *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) { f.Environment["DSQL_HOST"] = "cluster.example" })
			},
			[]string{
				"skipped cluster: 127.0.0.1:PORT isn't a cluster's own name",
				"failed connection: 127.0.0.1:PORT: its certificate isn't trusted: x509: certificate is valid for CLUSTER.dsql.us-east-1.on.aws, not cluster.example | check the name",
				noWay, noLogin,
			},
		},
		"no such cluster": {
			func(_ *testing.T, s *scene) { s.account.Clusters = nil },
			[]string{"failed cluster: there is no cluster CLUSTER in us-east-1 | aws dsql list-clusters --region us-east-1 lists those that are there"},
		},
		"a cluster not to be seen": {
			func(_ *testing.T, s *scene) { s.account.Denied = []string{"dsql:GetCluster"} },
			[]string{"warning cluster: dsql:GetCluster is not allowed, so this can't be looked at | allow dsql:GetCluster to arn:aws:iam::123456789012:user/engineer (docs/aws.md has the policy)"},
		},
		"an idle cluster": {
			func(_ *testing.T, s *scene) { s.account.Clusters[clusterID] = "IDLE" },
			[]string{"warning cluster: CLUSTER is IDLE: it wakes up with the first connections, which wait for it | connect to it once before the run, or use --warm-up"},
		},
		"a new cluster": {
			func(_ *testing.T, s *scene) { s.account.Clusters[clusterID] = "CREATING" },
			[]string{"warning cluster: CLUSTER is CREATING | aws dsql get-cluster --identifier CLUSTER until it is ACTIVE"},
		},
		"a cluster that is deleted": {
			func(_ *testing.T, s *scene) { s.account.Clusters[clusterID] = "DELETING" },
			[]string{"failed cluster: CLUSTER is DELETING | name another cluster, or make one: sam deploy (docs/aws.md)"},
		},
		"nobody listens": {
			func(t *testing.T, s *scene) { s.options.Database = cluster(t); s.options.Database.Port = 1 },
			[]string{"failed connection: 127.0.0.1:1 refuses connections" + reach, noWay, noLogin},
		},
		"nobody listens where the function connects": {
			func(_ *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) { f.Environment["AURORA_DSQL_PORT"] = "1" })
			},
			[]string{"failed connection: 127.0.0.1:1 refuses connections" + reach, noWay, noLogin},
		},
		"nobody listens there, and the driver needn't know": {
			func(_ *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) { f.Environment["AURORA_DSQL_PORT"] = "1" })
				s.options.Config.Verify = bench.VerifyOff
			},
			[]string{"warning connection: 127.0.0.1:1 refuses connections" + unneeded + reach, noWay, noLogin},
		},
		"an unknown authority": {
			func(t *testing.T, s *scene) {
				t.Setenv("SSL_CERT_FILE", "/none/roots")
				t.Setenv("SSL_CERT_DIR", "")
				s.options.Database = cluster(t)
				s.options.Database.Roots = ""
			},
			[]string{
				"failed connection: 127.0.0.1:PORT: its certificate isn't trusted: x509: certificate signed by unknown authority | " +
					"PGSSLROOTCERT names the file with the certificate that signed the server's, in place of those of SSL_CERT_FILE = /none/roots",
				noWay, noLogin,
			},
		},
		"a host by its variable": {
			func(t *testing.T, s *scene) {
				t.Setenv("PGHOST", "127.0.0.1")
				t.Setenv("PGPASSWORD", "geheim")
				s.options.Config.Target = bench.Local
				s.options.Database = address.Address{URL: "postgres://me@:1/test"}
			},
			[]string{"failed connection: 127.0.0.1:1 refuses connections" + reach + "; look at what counts for the connection: PGHOST = 127.0.0.1", noWay, noLogin},
		},
		"a token of somebody else": {
			func(t *testing.T, s *scene) {
				s.env = map[string]string{"AWS_SECRET_ACCESS_KEY": "another"}
				s.options.Database = cluster(t)
			},
			[]string{
				"failed login: connect to 127.0.0.1:PORT/postgres as admin: server error: " +
					"FATAL: unable to accept connection, access denied (SQLSTATE 08006) | see what the cluster says of it: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
				noLogin,
			},
		},
		"no credentials, and TLS alone can be looked at": {
			func(t *testing.T, s *scene) {
				s.env = map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
				s.options.Database = cluster(t)
			},
			append(append(withoutCredentials("failed credentials: no AWS credentials: none in the environment, in /none/credentials or from this machine's role | " +
				"aws configure sso, then aws sso login; or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")[:7],
				"skipped cluster: not looked at without credentials", "skipped login: not looked at without credentials"), noLogin),
		},
		"a function's user that isn't there": {
			func(_ *testing.T, s *scene) {
				s.function(func(f *awsapi.Function) { f.Environment["IAM_USERNAME"] = "nobody" })
			},
			[]string{"failed table: the function's user nobody isn't there | " +
				"driver schema --apply --cluster CLUSTER.dsql.us-east-1.on.aws:PORT --role nobody --iam-arn " + role},
		},
		"a role that may log in": {
			func(t *testing.T, _ *scene) { logins(t, role) }, nil,
		},
		"no role may log in": {
			func(t *testing.T, _ *scene) { logins(t) },
			[]string{"failed table: no IAM role may log in as load_test, the function's user | " +
				"driver schema --apply --cluster CLUSTER.dsql.us-east-1.on.aws:PORT --role load_test --iam-arn " + role},
		},
		"a table without a column, and a user who reads only": {
			func(t *testing.T, _ *scene) {
				const table = "car_entities_schema.business_events"
				broken(t, "ALTER TABLE "+table+" RENAME COLUMN event_type TO kind", "ALTER TABLE "+table+" RENAME COLUMN kind TO event_type")
				broken(t, "ALTER TABLE "+table+" ALTER COLUMN event_name TYPE char(5)", "ALTER TABLE "+table+" ALTER COLUMN event_name TYPE varchar(255)")
				broken(t, "ALTER ROLE load_test SET default_transaction_read_only = on", "ALTER ROLE load_test RESET default_transaction_read_only")
			},
			[]string{
				"failed table: column event_name of car_entities_schema.business_events has type character(5), and its values have up to 22 characters | " +
					"ALTER TABLE car_entities_schema.business_events RENAME TO business_events_before; then driver schema --apply makes the table",
				"failed table: car_entities_schema.business_events has no column event_type | ALTER TABLE car_entities_schema.business_events ADD COLUMN event_type VARCHAR(255)",
				`failed table: default_transaction_read_only = on, as set for role "load_test": its transactions can't write | ALTER ROLE "load_test" RESET default_transaction_read_only`,
			},
		},
		"a key of two, which a cluster keeps": {
			func(t *testing.T, _ *scene) {
				const table = "car_entities_schema.business_events"
				const drop = "ALTER TABLE " + table + " DROP CONSTRAINT business_events_pkey, ADD PRIMARY KEY "
				broken(t, drop+"(id, event_name)", drop+"(id)")
			},
			[]string{"failed table: car_entities_schema.business_events has neither a primary key nor a unique index on (id), which ON CONFLICT (id) needs | " +
				"CREATE UNIQUE INDEX ASYNC ON car_entities_schema.business_events (id)"},
		},
		"another role may log in": {
			func(t *testing.T, _ *scene) { logins(t, role+"-2", role+"-3") },
			[]string{"warning table: the function's IAM role " + role + " isn't among those that may log in as load_test: " + role + "-2, " + role + "-3 | " +
				"driver schema --apply --cluster CLUSTER.dsql.us-east-1.on.aws:PORT --role load_test --iam-arn " + role},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{account: account(), options: options()}
			s.account.Clusters = maps.Clone(s.account.Clusters)
			c.change(t, s)
			if diff := cmp.Diff(c.want, wrong(s.check(t))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// What is silent alone is looked at: with so short a deadline others may be, too.
func TestSilentDatabase(t *testing.T) {
	silent := silentPort(t)
	s := &scene{account: account(), options: options()}
	s.options.Database, s.options.Deadline = cluster(t), 500*time.Millisecond
	s.options.Database.Port = portOf(t, silent)
	got := wrong(s.check(t))
	for _, want := range []string{
		"failed connection: no answer from " + silent + " in time | check the name, the network and a firewall's port " + strconv.Itoa(portOf(t, silent)),
		"skipped login: not looked at without a connection", "skipped table: not looked at without a login",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
}

// logins lets those ARNs alone log in as load_test until the test ends.
func logins(t *testing.T, arns ...string) {
	t.Helper()
	do := func(verb string, arns ...string) {
		t.Helper()
		for _, arn := range arns {
			if err := asAdmin(context.Background(), fmt.Sprintf("AWS IAM %s '%s'", verb, arn)); err != nil {
				t.Fatal(err)
			}
		}
	}
	do("REVOKE load_test FROM", role)
	do("GRANT load_test TO", arns...)
	t.Cleanup(func() {
		do("REVOKE load_test FROM", arns...)
		do("GRANT load_test TO", role)
	})
}

// broken changes the cluster until the test ends.
func broken(t *testing.T, change, back string) {
	t.Helper()
	admin := connect(t, "postgres")
	if _, err := admin.Exec(context.Background(), change); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(context.Background(), back); err != nil {
			t.Error(err)
		}
	})
}

// The table and its rights, by --database-url on either target.
func TestTable(t *testing.T) {
	const table = "car_entities_schema.business_events"
	const apply = " | driver schema --apply --database-url URL"
	grant := func(rights, user string) string {
		return ` | as an administrator: GRANT ` + rights + ` TO "` + user + `", or driver schema --apply --database-url URL --role ` + user
	}
	grants := "CREATE ROLE looker LOGIN; CREATE ROLE halfway LOGIN; GRANT USAGE ON SCHEMA car_entities_schema TO halfway; GRANT SELECT ON " + table + " TO halfway"
	admin := connect(t, "postgres")
	if _, err := admin.Exec(context.Background(), grants); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(context.Background(), "CREATE DATABASE empty"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // so that the test can run again
		for _, sql := range []string{"DROP DATABASE empty WITH (FORCE)", "DROP OWNED BY looker, halfway", "DROP ROLE looker, halfway"} {
			if _, err := admin.Exec(context.Background(), sql); err != nil {
				t.Error(err)
			}
		}
	})
	for name, c := range map[string]struct {
		database, user string
		want           []string
	}{
		"all there": {"postgres", "postgres", nil},
		"no table":  {"empty", "postgres", []string{"warning table: " + table + " isn't there; the run makes it, when it may" + apply}},
		"no table, and no right to make it": {"empty", "looker", []string{
			"failed table: table " + table + ` is missing and may not be made: user looker has no right to CREATE ON DATABASE "empty" | as an administrator: GRANT CREATE ON DATABASE "empty" TO "looker"`,
		}},
		"no schema": {"postgres", "looker", []string{
			"failed table: the driver's user looker may not look into the schema car_entities_schema" + grant("USAGE ON SCHEMA car_entities_schema", "looker"),
			"failed table: the driver's user looker has no right to SELECT, INSERT, DELETE on " + table + grant("SELECT, INSERT, DELETE ON "+table, "looker"),
		}},
		"some rights":      {"postgres", "halfway", []string{"failed table: the driver's user halfway has no right to INSERT, DELETE on " + table + grant("INSERT, DELETE ON "+table, "halfway")}},
		"no such user":     {"postgres", "stranger", []string{"failed login: connect to SOCKET/postgres as stranger: server error: FATAL: role \"stranger\" does not exist (SQLSTATE 28000)", "skipped table: not looked at without a login"}},
		"no such database": {"nothing", "postgres", []string{"failed login: connect to SOCKET/nothing as postgres: server error: FATAL: database \"nothing\" does not exist (SQLSTATE 3D000)", "skipped table: not looked at without a login"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{account: account(), options: options()}
			s.options.Config.Target = bench.Local
			s.options.Database = address.Address{URL: databaseURL(t, c.database, c.user)}
			r := s.check(t)
			for i := range r.Checks {
				r.Checks[i].Text = withoutSocket(r.Checks[i].Text)
			}
			if diff := cmp.Diff(c.want, wrong(r)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// A run that doesn't look at its table needs it there, whoever may make it.
func TestMissingTableUnmade(t *testing.T) {
	ctx := context.Background()
	admin := connect(t, "postgres")
	for _, sql := range []string{"CREATE DATABASE bare", "CREATE ROLE passer_by LOGIN"} {
		if _, err := admin.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, sql := range []string{"DROP DATABASE bare WITH (FORCE)", "DROP ROLE passer_by"} {
			if _, err := admin.Exec(ctx, sql); err != nil {
				t.Error(err)
			}
		}
	})
	db, err := dsql.Open(ctx, databaseURL(t, "bare", "passer_by"), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for verify, want := range map[bench.Verify][]State{bench.VerifyCount: {Failed}, bench.VerifyOff: {Warning, Failed}} {
		e := &exam{o: options()}
		e.o.Config.Target, e.o.Config.Verify, e.o.Deadline = bench.Local, verify, defaultDeadline
		e.login = func() (session, error) { return session{db: db}, nil }
		e.address = func() (address.Address, error) { return address.Address{Host: clusterHost}, nil }
		var got []State
		for _, c := range e.checkTable(ctx) {
			got = append(got, c.State)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("--verify %s: -want +got\n%s", verify, diff)
		}
	}
}

// A run that looks at its table makes it when it is missing; one that doesn't
// needs it there.
func TestMissingTable(t *testing.T) {
	cure := "driver schema --apply --cluster " + clusterHost
	for verify, want := range map[bench.Verify]Check{
		bench.VerifyCount: warning(cure, "%s isn't there; the run makes it, when it may", dsql.Table),
		bench.VerifyOff:   failed(cure, "%s isn't there, and a run with --verify off doesn't make it", dsql.Table),
	} {
		e := &exam{o: options()}
		e.o.Config.Verify = verify
		e.address = func() (address.Address, error) { return address.Address{Host: clusterHost}, nil }
		if got := e.missingTable(); got != want {
			t.Errorf("--verify %s: %+v\nwant %+v", verify, got, want)
		}
	}
}

// A cluster that was idle refuses its first connections; they wake it up.
func TestWakingUp(t *testing.T) {
	e := &exam{o: options()}
	e.login = func() (session, error) {
		return session{}, &pgconn.PgError{Severity: "FATAL", Code: "08006", Message: "unable to accept connection, waking up cluster, please retry later"}
	}
	if got := e.checkLogin(context.Background()); got != warning("try again in a minute", "the cluster is waking up") {
		t.Errorf("%+v", got)
	}
}

func connect(t *testing.T, database string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), databaseURL(t, database, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) }) // the cluster goes anyway
	return c
}
