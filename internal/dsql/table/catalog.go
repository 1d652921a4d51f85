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
	missing  []string // rights on the table that the user lacks
	// needsRight is the right that the user lacks to make a missing table.
	needsRight  string
	columns     []columnFact
	indexes     []indexFact
	constraints []constraintFact
	settings    []settingFact // of the session
	// roleSettings are set for the user, for the database, or for both.
	roleSettings []settingFact
	replica      bool
	triggers     []triggerFact
	rules        []string
	secured      bool // row level security applies to the user
	policies     []policyFact
	children     []string
}

type relation struct {
	User     string // whose rights are checked
	Known    bool   // the user exists
	Own      bool   // the user is the one logged in
	NoSchema bool   // the user has no right to look into the schema
	Exists   bool   // a relation of the table's name exists
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
	Name, Constraint  string // Constraint is empty for an index without one
	Primary           bool
	Unique, Exclusion bool
	Immediate, Valid  bool
	Partial           bool
	Columns           []string // of the key; empty for an expression
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

// question is one query of the catalog.
type question struct {
	sql  string
	args []any
	read func(pgx.Rows) error
	// optional: the query is left out if a cluster, or another version, lacks its tables.
	optional bool
}

// readCatalog reads the facts about the table and the user's rights on it: in one batch, or
// one by one if the database lacks a table of the batch.
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
		rows, _ := t.Pool.Query(ctx, q.sql, q.args...) // the rows hold its error
		if err := q.read(rows); err != nil && !(q.optional && failure.Absent(err)) {
			return c, t.wrapLook(ctx, err)
		}
	}
	return c, nil
}

func (t *Table) wrapLook(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return quote.Advise(fmt.Errorf("look at table %s: %w", Name, t.Fault(ctx, err)), failure.PoolerHint(failure.Explain(err)))
}
