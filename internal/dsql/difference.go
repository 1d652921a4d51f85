package dsql

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Difference is one thing that hinders the statements of a load test.
type Difference struct {
	Text string
	// Cure is SQL, or what to do.
	Cure string
	// OfUser: it is of the user's rights or settings, another user may do without it.
	OfUser bool
}

// TableState is what a look at the table found; it changes nothing.
type TableState struct {
	// User is whose rights were looked at.
	User string
	// NoUser: there is no such user.
	NoUser bool
	Exists bool
	// Differences are those from what the statements need. That the table isn't there
	// is none, unless the user logged in may not make it.
	Differences []Difference
	// Notes don't hinder the statements, but have a part in the figures.
	Notes []string
}

// Err is all differences, each with its cure as a hint; nil without any.
func (s *TableState) Err() error {
	var all []error
	for _, d := range s.Differences {
		all = append(all, &hintedError{errors.New(d.Text), d.Cure})
	}
	return errors.Join(all...)
}

// comparison is a TableState in the making.
type comparison struct {
	*catalog
	wanted   []string // rights
	database string   // its name
	// cluster: it is DSQL, whose ALTER TABLE changes neither types nor keys.
	cluster bool
	out     TableState
}

func (c *comparison) differs(cure, format string, args ...any) {
	c.out.Differences = append(c.out.Differences, Difference{Text: fmt.Sprintf(format, args...), Cure: cure})
}

func (c *comparison) differsForUser(cure, format string, args ...any) {
	c.out.Differences = append(c.out.Differences, Difference{Text: fmt.Sprintf(format, args...), Cure: cure, OfUser: true})
}

func (c *comparison) note(format string, args ...any) {
	c.out.Notes = append(c.out.Notes, Table+" "+fmt.Sprintf(format, args...))
}

// noteCured is a note of what may refuse rows, or loses a part of them, with the statement
// that takes it away.
func (c *comparison) noteCured(cure, format string, args ...any) {
	c.note(format+" (to change that: %s)", append(args, cure)...)
}

// compare makes the catalog a TableState.
func (c *comparison) compare() TableState {
	r := &c.relation
	c.out.User, c.out.NoUser, c.out.Exists = r.User, !r.Known, r.Exists
	c.writable()
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
		c.differsForUser(c.grant(rights+" ON "+Table), "user %s has no right to %s on %s", r.User, rights, Table)
	}
	c.compareColumns()
	c.compareIndexes()
	c.compareGuards()
	c.security()
	c.heirs()
	if r.Persistence == "u" {
		c.note("is unlogged: its rows aren't durable, and the figures aren't those of a table whose rows are")
	}
	return c.out
}

// The rights that the statements of Schema need, and what they are on.
const (
	createOnDatabase = "CREATE ON DATABASE"
	createOnSchema   = "CREATE ON SCHEMA"
)

// unmade: the table is missing, and user may not make it without right.
func unmade(user, right, database string) Difference {
	on := quoted(database)
	if right == createOnSchema {
		on = "car_entities_schema"
	}
	return Difference{
		Text: fmt.Sprintf("table %s is missing and may not be made: user %s has no right to %s %s", Table, user, right, on),
		Cure: "as an administrator: GRANT " + right + " " + on + " TO " + quoted(user), OfUser: true,
	}
}

// grant is the statement that an administrator can cure a missing right by.
func (c *comparison) grant(right string) string {
	return "as an administrator: GRANT " + right + " TO " + quoted(c.relation.User)
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// alter is a statement that changes the table, or what takes its place on a cluster.
func (c *comparison) alter(action string) string {
	if c.cluster {
		return c.anew("TABLE")
	}
	return "ALTER TABLE " + Table + " " + action
}

// anew moves what has the table's name out of the way.
func (c *comparison) anew(kind string) string {
	_, name, _ := strings.Cut(Table, ".")
	return "ALTER " + kind + " " + Table + " RENAME TO " + name + "_before; then driver schema --apply makes the table"
}

// writable compares whether the user's transactions may write at all.
func (c *comparison) writable() {
	if c.replica {
		c.differs("name the primary server", "the server is a replica (pg_is_in_recovery() says so): it takes no writes")
		return
	}
	value, source := c.setting.Default, c.setting.Source
	if !c.relation.Own {
		value, source = c.roleSetting()
	}
	user, database := quoted(c.relation.User), quoted(c.database)
	const name = "default_transaction_read_only"
	cures := map[string]struct{ of, cure string }{
		"user":          {"role " + user, "ALTER ROLE " + user + " RESET " + name},
		"database user": {"role " + user + " in database " + database, "ALTER ROLE " + user + " IN DATABASE " + database + " RESET " + name},
		"database":      {"database " + database, "SET " + name + " = off; ALTER DATABASE " + database + " RESET " + name},
		"global":        {"all roles", "SET " + name + " = off; ALTER ROLE ALL RESET " + name},
		"client":        {"the connection", "leave it out of the URL and its options, and of PGOPTIONS"},
	}
	cure, known := cures[source]
	switch {
	case value == "on" && known:
		c.differsForUser(cure.cure, "%s = on, as set for %s: its transactions can't write", name, cure.of)
	case value == "on":
		where := "the server (" + source + ")"
		if c.setting.File != "" {
			where += ", in " + c.setting.File
		}
		c.differs("SET "+name+" = off; ALTER SYSTEM SET "+name+" = off; SELECT pg_reload_conf()", "%s = on, as set for %s: no transaction can write", name, where)
	case c.setting.ReadOnly == "on" && c.relation.Own:
		c.differs("name a server, and a connection, that takes writes", "transaction_read_only = on: the session can't write")
	}
}

// roleSetting is default_transaction_read_only as it will be for a user who isn't logged
// in, and its source as in pg_settings.
func (c *comparison) roleSetting() (value, source string) {
	precedence := []struct {
		database, role bool
		source         string
	}{{true, true, "database user"}, {false, true, "user"}, {true, false, "database"}, {false, false, "global"}}
	for _, p := range precedence {
		for _, s := range c.roleSettings {
			if s.Database == p.database && s.Role == p.role {
				return s.Value, p.source
			}
		}
	}
	if ofServer := []string{"configuration file", "command line", "default"}; slices.Contains(ofServer, c.setting.Source) {
		return c.setting.Default, c.setting.Source
	}
	return "", ""
}

// isTable compares what has the table's name.
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
		c.differs(c.anew(kind), "%s is %s %s, and must be a table", Table, article, strings.ToLower(kind))
		return false
	}
	if c.relation.Partition {
		c.differs(c.anew("TABLE"), "%s is a partition of another table, and takes only rows within its bounds", Table)
	}
	return true
}

// security compares row level security, where it holds for the user.
func (c *comparison) security() {
	if !c.secured {
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
		c.differsForUser("ALTER TABLE "+Table+" DISABLE ROW LEVEL SECURITY", "row level security of %s has no policy that lets user %s %s", Table, user, strings.Join(shut, ", "))
		return
	}
	var names []string
	for _, p := range c.policies {
		names = append(names, p.Name)
	}
	c.note("has row level security: its policies %s decide which rows user %s may write and see", strings.Join(names, ", "), user)
}

// heirs compares partitions and tables that inherit.
func (c *comparison) heirs() {
	switch n := len(c.children); {
	case c.relation.Kind == "p" && n == 0:
		c.differs(c.anew("TABLE"), "%s is partitioned and has no partition: nothing takes its rows", Table)
	case c.relation.Kind == "p":
		c.noteCured(c.anew("TABLE"), "is partitioned: each row is routed to one of %d, and one that none takes is refused", n)
	case n > 0:
		c.note("has heirs (%s): their rows are looked at with its own", some(c.children))
	}
}

// some are the first names of a list.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
