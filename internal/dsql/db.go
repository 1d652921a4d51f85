// Package dsql talks to the database: a pool of connections, the INSERT
// statements of a load test, what their errors mean, and the look at the table
// afterwards. It is the only importer of pgx.
package dsql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connectTimeout bounds one attempt to connect, when the URL doesn't say. A
// burst of a thousand connections may take a small machine several seconds.
const connectTimeout = 30 * time.Second

// DB is a pool of connections to one database.
type DB struct {
	pool     *pgxpool.Pool
	at       Address
	cluster  string // the DSQL cluster's endpoint; empty of any other database
	pooler   Pooler // as the last Ping found it
	execMode string // of statements, as the user says; empty where he doesn't
	writes   writes
}

// Open makes a pool of at most conns connections to the database that url names
// (a PostgreSQL URL or keyword/value text). It does not connect: use Ping. Its
// errors never hold the password.
func Open(ctx context.Context, url string, conns int) (*DB, error) {
	return OpenObserved(ctx, Address{URL: url}, conns, nil)
}

// OpenObserved is Open at an Address. It reports each opening and closing of a
// connection to connections, unless that is nil.
func OpenObserved(ctx context.Context, a Address, conns int, connections Connections) (*DB, error) {
	return openChanged(ctx, a, conns, connections, func(*pgxpool.Config) {})
}

// openChanged is OpenObserved with what change does to the configuration.
func openChanged(ctx context.Context, a Address, conns int, connections Connections, change func(*pgxpool.Config)) (*DB, error) {
	config, err := a.config()
	if err != nil {
		return nil, err
	}
	change(config)
	if err := a.authenticate(ctx, config); err != nil {
		return nil, err
	}
	config.MaxConns = int32(conns)
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if _, named := config.ConnConfig.RuntimeParams["application_name"]; !named {
		config.ConnConfig.RuntimeParams["application_name"] = "dsql-load-test"
	}
	(&tracer{connections: connections}).install(config)
	db := &DB{at: a, cluster: a.cluster(config.ConnConfig.Host), execMode: a.place().execMode(), writes: writes{patience: writeWait}}
	if db.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("database pool: %w", oneLine(err))
	}
	return db, nil
}

// Close closes all connections.
func (db *DB) Close() { db.pool.Close() }

// Ping connects and answers the server's version, such as "15.18". It finds out what
// Pooler tells, and is not to be called beside anything else.
func (db *DB) Ping(ctx context.Context) (version string, err error) {
	start := time.Now()
	err = db.pool.QueryRow(ctx, "SHOW server_version", pgx.QueryExecModeSimpleProtocol).Scan(&version)
	if err == nil {
		err = db.lookForPooler(ctx)
	}
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = &unansweredError{err, time.Since(start)}
		}
		fault := fmt.Errorf("connect to %s: %w", db.address(), db.fault(ctx, withoutAddress(err)))
		if hint := db.at.connectHint(err); hint != "" {
			fault = &hintedError{fault, hint}
		}
		return "", fault
	}
	version, _, _ = strings.Cut(version, " ")
	return version, nil
}

// unansweredError: the time to wait for an answer is over.
type unansweredError struct {
	error
	after time.Duration
}

func (e *unansweredError) Error() string {
	return fmt.Sprintf("no answer within %.0f s", e.after.Seconds())
}
func (e *unansweredError) Unwrap() error { return e.error }

// hintedError has advice, as package quote shows it.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Error() string { return e.error.Error() + "\nhint: " + e.hint }
func (e *hintedError) Unwrap() error { return e.error }
func (e *hintedError) Hint() string  { return e.hint }

// connectHint is what to do about a connection that was refused; empty when
// nothing is known.
func connectHint(err error) string {
	f := Explain(err)
	hint := poolerHint(f)
	switch {
	case errors.As(err, new(*unansweredError)):
		hint = "a pooler waits like this when its server is down; else check the network and a firewall"
	case strings.Contains(f.Hint, "Signature expired"):
		hint = "the token is too old: check this machine's clock, and that the credentials are fresh (aws sts get-caller-identity)"
	case strings.Contains(f.Hint, "not authorized"):
		hint = "allow dsql:DbConnect (dsql:DbConnectAdmin for the user admin) on the cluster to these credentials, and for a role: AWS IAM GRANT role TO 'arn' (driver schema --role ROLE --iam-arn ARN)"
	case strings.Contains(f.Hint, "Wrong user to action"):
		hint = "the user admin needs dsql:DbConnectAdmin, every other one dsql:DbConnect"
	case strings.Contains(f.Message, "waking up"):
		hint = "the cluster was idle: try again in a minute"
	case f.SQLSTATE == "53300" || f.SQLSTATE == "53400":
		hint = "the cluster has, or opens, too many connections already: wait for other clients, or raise its quota"
	case f.Kind == TokenFailed:
		hint = "aws sts get-caller-identity says whether the credentials are good"
	}
	if f.Hint != "" && f.SQLSTATE == "08006" {
		hint = strings.TrimPrefix(hint+"; see what the cluster says of it: "+f.Hint, "; ")
	}
	return hint
}

// address is where the database is, for messages.
func (db *DB) address() string {
	c := db.pool.Config().ConnConfig
	return fmt.Sprintf("%s:%d/%s as %s", c.Host, c.Port, c.Database, c.User)
}

// pgxHook is what pgx puts before the error of a handshake, pgxNil what it puts
// behind one that has no cause.
const (
	pgxHook = "AfterNetConnect failed: "
	pgxNil  = ": %!w(<nil>)"
)

// oneLine is err with its message on one line, as a user may read it.
func oneLine(err error) error {
	if failed := new(pgconn.ConnectError); errors.As(err, &failed) {
		return &unconnected{err, failed}
	}
	if text := err.Error(); !strings.ContainsAny(text, "\n\t") && !strings.Contains(text, pgxHook) && !strings.Contains(text, pgxNil) {
		return err
	}
	return &flatError{err}
}

type flatError struct{ error }

func (e *flatError) Error() string { return flat(e.error.Error()) }
func (e *flatError) Unwrap() error { return e.error }

func flat(text string) string {
	return strings.NewReplacer(pgxHook, "", pgxNil, "").Replace(strings.Join(strings.Fields(text), " "))
}

var errNoRows = errors.New("a statement needs at least one row")
