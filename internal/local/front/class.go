package front

import "strings"

// kind is what the front must know of a statement.
type kind byte

const (
	kindRead kind = iota
	kindWrite
	kindDDL
	kindSet // of a parameter that a session keeps
	// The rest are answered without PostgreSQL.
	kindBegin
	kindCommit
	kindRollback
	kindDeallocate
	kindEmpty
)

// class is what a statement means to the front.
type class struct {
	kind    kind
	refused *Refusal // DSQL doesn't have it
	sql     string   // what PostgreSQL is told
	// rows is how many rows a write changes at most; -1 when only its answer
	// tells.
	rows    int
	deletes bool     // a write that may free keys: by a deletion or another key
	into    []string // tables that a write inserts into, as they are written
	tag     string   // of its CommandComplete, where PostgreSQL's would be another
	lock    *locking // of a SELECT ... FOR UPDATE and the like
	// system: it needs DSQL's schema sys, or reads it.
	system bool
	job    string // type of the asynchronous job that a DDL statement starts
	// name is of the parameter or prepared statement, or how a block begins.
	name  string
	dirty bool // leaves settings behind that are not kept
}

// local statements are answered without PostgreSQL.
func (c *class) local() bool { return c.kind >= kindBegin }

// ends answers whether it may be executed in a failed transaction.
func (c *class) ends() bool { return c.kind == kindCommit || c.kind == kindRollback }

// classify says what each statement of a text means.
func classify(text string) []*class {
	statements := split(text)
	all := make([]*class, len(statements))
	for i, s := range statements {
		all[i] = classOf(s)
	}
	return all
}

func classOf(s statement) *class {
	c := &class{sql: s.sql(), rows: -1}
	if c.refused = refuse(s); c.refused != nil {
		return c
	}
	switch strings.ToLower(s.at(0)) {
	case "begin", "start":
		c.kind = kindBegin
		c.name, c.refused = s.block()
	case "commit", "end":
		c.kind, c.refused = kindCommit, s.onlyWords("work", "transaction", "and", "no", "chain")
	case "rollback", "abort":
		c.kind, c.refused = kindRollback, s.onlyWords("work", "transaction", "and", "no", "chain")
	case "deallocate":
		c.kind, c.name = kindDeallocate, s.deallocated()
	case "aws":
		c.grant(s)
	case "insert":
		c.kind, c.rows = kindWrite, s.rowsOfValues()
	case "update", "delete":
		c.kind = kindWrite
	case "with", "explain", "(":
		if s.contains("insert", "update", "delete") {
			c.kind = kindWrite
		}
	case "select":
		c.query(s)
	case "show":
		c.show(s)
	case "set", "reset":
		c.setting(s)
	case "create", "alter", "drop", "grant", "revoke", "comment":
		c.kind, c.job, c.sql = kindDDL, s.job(), s.forPostgres()
	}
	if c.kind == kindWrite {
		c.deletes, c.into = s.contains("delete", "update"), s.into()
	}
	c.system = c.system || c.job != "" || c.kind == kindRead && s.readsSystem()
	c.dirty = c.kind < kindSet && s.contains("set_config")
	return c
}

// query is what PostgreSQL is told of a SELECT: with DSQL's version, and without
// its row locks, which are judged at COMMIT.
func (c *class) query(s statement) {
	edits := s.versions()
	c.sql = s.edited(edits...)
	if c.lock = s.locking(); c.lock != nil {
		c.lock.asked = c.sql
		c.sql = s.edited(append(edits, c.lock.edits...)...)
	}
}

// beginReadOnly begins a block that writes nothing.
const beginReadOnly = "BEGIN READ ONLY"

// block is how PostgreSQL begins the block of a BEGIN, whose isolation level was
// looked at already.
func (s statement) block() (begin string, refused *Refusal) {
	begin = "BEGIN"
	if i := s.find(1, "only"); i > 0 && s.is(i-1, "read") {
		begin = beginReadOnly
	}
	return begin, s.onlyWords("work", "transaction", "isolation", "level", "repeatable", "read", "only", "write", "not", "deferrable", ",")
}

// onlyWords refuses a statement with any others after its first.
func (s statement) onlyWords(words ...string) *Refusal {
	for i := 1; i < len(s.tokens); i++ {
		if s.oneOf(i, words...) == "" {
			return syntax(s.at(i))
		}
	}
	return nil
}

// setting: SET LOCAL and SET CONSTRAINTS end with the transaction, and need not
// be remembered.
func (c *class) setting(s statement) {
	if s.is(1, "local") || s.is(1, "constraints") {
		return
	}
	c.kind, c.name = kindSet, s.parameter()
}

// parameter is the name of what SET or RESET is about, as PostgreSQL's parser
// has it: that of SET TIME ZONE is timezone.
func (s statement) parameter() string {
	i := 1
	if s.oneOf(1, "session", "local") != "" {
		i = 2
	}
	switch {
	case s.has(i, "time", "zone"):
		return "timezone"
	case s.is(i, "names"):
		return "client_encoding"
	case s.is(i, "schema"):
		return "search_path"
	case s.has(i, "transaction", "snapshot"):
		return "TRANSACTION SNAPSHOT"
	case s.is(i, "transaction"):
		return "TRANSACTION"
	case i == 2 && s.is(i, "characteristics"):
		return "SESSION CHARACTERISTICS"
	case i == 2 && s.is(i, "authorization"):
		return "session_authorization"
	}
	return s.dotted(i)
}

// dotted is the name at token i, or one such as request.user.
func (s statement) dotted(i int) string {
	name := s.name(i)
	for ; s.is(i+1, "."); i += 2 {
		name += "." + s.name(i+2)
	}
	return name
}

// deallocated is the prepared statement's name, empty for all of them.
func (s statement) deallocated() string {
	i := 1
	if s.is(1, "prepare") && len(s.tokens) > 2 {
		i = 2
	}
	if s.is(i, "all") {
		return ""
	}
	return s.name(i)
}

// rowsOfValues counts the rows of INSERT ... VALUES; -1 for any other INSERT.
func (s statement) rowsOfValues() int {
	i := s.find(1, "values", "select", "table", "with", "default")
	if i < 0 || !s.is(i, "values") {
		return -1
	}
	rows, depth := 0, 0
	for i++; i < len(s.tokens); i++ {
		switch {
		case s.is(i, "("):
			if depth == 0 {
				rows++
			}
			depth++
		case s.is(i, ")"):
			depth--
		case depth == 0 && s.oneOf(i, "on", "returning") != "":
			return rows
		case depth == 0 && s.oneOf(i, "union", "except", "intersect") != "":
			return -1
		}
	}
	return rows
}

// indexAt is the place of the word INDEX of a CREATE INDEX; -1 for others.
func (s statement) indexAt() int {
	switch {
	case s.has(0, "create", "index"):
		return 1
	case s.has(0, "create", "unique", "index"):
		return 2
	}
	return -1
}

// into are the tables that the statement inserts into.
func (s statement) into() (tables []string) {
	for i := range s.tokens {
		if !s.is(i, "into") || s.tokens[i].kind != tokWord {
			continue
		}
		table := s.at(i + 1)
		for i++; s.is(i+1, "."); i += 2 {
			table += "." + s.at(i+2)
		}
		tables = append(tables, table)
	}
	return tables
}

// shape is the class, if the client sees another answer than PostgreSQL's.
func (c *class) shape() *class {
	if c.job == "" && c.tag == "" && c.lock == nil {
		return nil
	}
	return c
}

// classOfOne is the meaning of a text that must be one statement. PostgreSQL
// says what it thinks of several.
func classOfOne(text string) *class {
	all := classify(text)
	switch len(all) {
	case 0:
		return &class{kind: kindRead, sql: text}
	case 1:
		return all[0]
	}
	return &class{kind: kindRead, sql: text}
}
