package table

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
)

// Difference is one reason why the statements of a load test can't succeed.
type Difference struct {
	Text string
	// Cure is SQL, or what to do.
	Cure string
	// OfUser: the reason is in the user's rights or settings; another user may not have it.
	OfUser bool
}

// State is the result of a check of the table.
type State struct {
	// User is the one whose rights were checked.
	User string
	// NoUser: the user doesn't exist.
	NoUser bool
	Exists bool
	// Differences hinder the statements. A missing table is none, unless the user logged in
	// may not make it.
	Differences []Difference
	// Notes don't hinder the statements, but affect the measured figures.
	Notes []string
	// Settings end statements or slow them. They are known only for the user logged in.
	Settings []bench.ServerSetting
}

// Err returns all differences as one error, each with its cure as a hint; nil without any.
func (s *State) Err() error {
	var all []error
	for _, d := range s.Differences {
		all = append(all, quote.Hint(errors.New(d.Text), "%s", d.Cure))
	}
	return errors.Join(all...)
}

// comparison turns a catalog into a State.
type comparison struct {
	*catalog
	wanted   []string // rights
	database string   // its name
	// cluster: the database is DSQL, whose ALTER TABLE changes neither types nor keys.
	cluster bool
	out     State
}

func (c *comparison) differs(cure, format string, args ...any) {
	c.out.Differences = append(c.out.Differences, Difference{Text: fmt.Sprintf(format, args...), Cure: cure})
}

func (c *comparison) differsForUser(cure, format string, args ...any) {
	c.out.Differences = append(c.out.Differences, Difference{Text: fmt.Sprintf(format, args...), Cure: cure, OfUser: true})
}

func (c *comparison) note(format string, args ...any) {
	c.out.Notes = append(c.out.Notes, Name+" "+fmt.Sprintf(format, args...))
}

// noteCured adds a note with the statement that removes its cause.
func (c *comparison) noteCured(cure, format string, args ...any) {
	c.note(format+" (to change that: %s)", append(args, cure)...)
}

// compare makes the State.
func (c *comparison) compare() State {
	r := &c.relation
	c.out.User, c.out.NoUser, c.out.Exists = r.User, !r.Known, r.Exists
	c.writable()
	c.compareSettings()
	if r.NoSchema {
		c.differsForUser(c.grant("USAGE ON SCHEMA car_entities_schema"), "user %s may not look into the schema car_entities_schema", r.User)
	}
	if c.needsRight != "" {
		c.out.Differences = append(c.out.Differences, unmade(r.User, c.needsRight, c.database))
	}
	if !r.Exists || !c.isTable() {
		return c.out
	}
	if len(c.missing) > 0 {
		rights := strings.Join(c.missing, ", ")
		c.differsForUser(c.grant(rights+" ON "+Name), "user %s has no right to %s on %s", r.User, rights, Name)
	}
	c.compareColumns()
	c.compareIndexes()
	c.compareGuards()
	c.security()
	c.heirs()
	if r.Persistence == "u" {
		c.note("is unlogged: its rows aren't durable, so a logged table has other figures")
	}
	return c.out
}

// The rights that the statements of Schema need.
const (
	createOnDatabase = "CREATE ON DATABASE"
	createOnSchema   = "CREATE ON SCHEMA"
)

// unmade returns the difference for a missing table that user can't make without right.
func unmade(user, right, database string) Difference {
	on := quoted(database)
	if right == createOnSchema {
		on = "car_entities_schema"
	}
	return Difference{
		Text: fmt.Sprintf("table %s is missing and may not be made: user %s has no right to %s %s", Name, user, right, on),
		Cure: "as an administrator: GRANT " + right + " " + on + " TO " + quoted(user), OfUser: true,
	}
}

// grant returns the statement by which an administrator grants a missing right.
func (c *comparison) grant(right string) string {
	return "as an administrator: GRANT " + right + " TO " + quoted(c.relation.User)
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// alter returns a statement that changes the table, or on a cluster makes a new one.
func (c *comparison) alter(action string) string {
	if c.cluster {
		return c.anew("TABLE")
	}
	return "ALTER TABLE " + Name + " " + action
}

// anew returns the statements that rename the relation and make a new table.
func (c *comparison) anew(kind string) string {
	_, name, _ := strings.Cut(Name, ".")
	return "ALTER " + kind + " " + Name + " RENAME TO " + name + "_before; then driver schema --apply makes the table"
}

// isTable checks that the relation of the table's name is a table.
func (c *comparison) isTable() bool {
	kinds := map[string]string{
		"v": "VIEW", "m": "MATERIALIZED VIEW", "f": "FOREIGN TABLE", "i": "INDEX", "I": "INDEX", "S": "SEQUENCE", "c": "TYPE",
	}
	kind, other := kinds[c.relation.Kind]
	if other {
		article := "a"
		if kind == "INDEX" {
			article = "an"
		}
		c.differs(c.anew(kind), "%s is %s %s, and must be a table", Name, article, strings.ToLower(kind))
		return false
	}
	if c.relation.Partition {
		c.differs(c.anew("TABLE"), "%s is a partition of another table, and takes only rows within its bounds", Name)
	}
	return true
}

// security checks the policies of row level security, if it applies to the user.
func (c *comparison) security() {
	if !c.secured {
		return
	}
	if s := c.setting("row_security"); s.Raw == "off" && c.relation.Own {
		of, cure := c.setFor(s, "on")
		c.differsForUser(cure, "row_security = off, as set for %s: row level security of %s refuses each statement then", of, Name)
		return
	}
	var shut []string
	for _, right := range []struct{ command, name string }{{"a", "INSERT"}, {"r", "SELECT"}, {"d", "DELETE"}} {
		open := func(p policyFact) bool { return p.Permissive && (p.Command == right.command || p.Command == "*") }
		if !slices.ContainsFunc(c.policies, open) && slices.Contains(c.wanted, right.name) {
			shut = append(shut, right.name)
		}
	}
	user := c.relation.User
	if len(shut) > 0 {
		c.differsForUser("ALTER TABLE "+Name+" DISABLE ROW LEVEL SECURITY", "row level security of %s has no policy that lets user %s %s", Name, user, strings.Join(shut, ", "))
		return
	}
	var names []string
	for _, p := range c.policies {
		names = append(names, p.Name)
	}
	c.note("has row level security: its policies %s decide which rows user %s may write and see", strings.Join(names, ", "), user)
}

// heirs checks partitions and tables that inherit.
func (c *comparison) heirs() {
	switch n := len(c.children); {
	case c.relation.Kind == "p" && n == 0:
		c.differs(c.anew("TABLE"), "%s is partitioned and has no partition, so no row can be stored", Name)
	case c.relation.Kind == "p":
		c.noteCured(c.anew("TABLE"), "is partitioned: each row goes to one of %d partitions, and a row that fits none is refused", n)
	case n > 0:
		c.note("has child tables (%s): their rows are counted with its own", some(c.children))
	}
}

// some returns the first names of a list.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
