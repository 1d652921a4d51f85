package table

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/quote"
)

// catalog holds the facts of the database's catalog about the table and a user.
type catalog struct {
	relation relation
	missing  []string // rights
	// needsRight is the one without which the user can't make the table that is missing.
	needsRight  string
	columns     []columnFact
	indexes     []indexFact
	constraints []constraintFact
	settings    []settingFact // of the session
	// roleSettings are those of the user, of the database and of both.
	roleSettings []roleSettingFact
	replica      bool
	triggers     []triggerFact
	rules        []string
	secured      bool // row level security holds for the user
	policies     []policyFact
	children     []string
}

type relation struct {
	User     string // whose rights were looked at
	Known    bool   // there is such a user
	Own      bool   // it is the one logged in
	NoSchema bool   // it has no right to look into the schema
	Exists   bool   // something of the table's name
	// Kind and Persistence are as in pg_class: r is a table, p a permanent one.
	Kind, Persistence string
	Partition         bool
}

type columnFact struct {
	Name, Type, Shown string
	Length            int // of a text type with a limit; 0 without
	BuiltIn           bool
	NotNull, Default  bool
	Generated         bool // by an expression
}

type indexFact struct {
	Name, Constraint  string // Constraint is empty of an index by itself
	Primary           bool
	Unique, Exclusion bool
	Immediate, Valid  bool
	Partial           bool
	Columns           []string // of the key; an expression is empty
}

type constraintFact struct{ Name, Kind, Definition string }

type triggerFact struct {
	Name string
	Type int // bits as in pg_trigger
}

type policyFact struct {
	Name, Command string // r, a, w, d, or * for all
	Permissive    bool
}

// question is one look into the catalog.
type question struct {
	sql  string
	args []any
	read func(pgx.Rows) error
	// optional: a cluster, or another PostgreSQL, may not have it. Then it is left out.
	optional bool
}

// readCatalog looks at the table and at user's rights on it: in one batch, and one
// by one where the database hasn't everything that was asked for.
func (t *Table) readCatalog(ctx context.Context, user string, rights []string) (*catalog, error) {
	c := new(catalog)
	batch := &pgx.Batch{}
	for _, q := range c.questions(user, rights) {
		batch.Queue(q.sql, q.args...).Query(q.read)
	}
	err := t.Pool.SendBatch(ctx, batch).Close()
	if err == nil || !failure.Absent(err) {
		return c, t.wrapLook(ctx, err)
	}
	c = new(catalog)
	for _, q := range c.questions(user, rights) {
		rows, err := t.Pool.Query(ctx, q.sql, q.args...)
		if err == nil {
			err = q.read(rows)
		}
		if err != nil && !(q.optional && failure.Absent(err)) {
			return c, t.wrapLook(ctx, err)
		}
	}
	return c, nil
}

func (t *Table) wrapLook(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	fault := fmt.Errorf("look at table %s: %w", Name, t.Fault(ctx, err))
	if hint := failure.PoolerHint(failure.Explain(err)); hint != "" {
		return quote.Hint(fault, "%s", hint)
	}
	return fault
}
