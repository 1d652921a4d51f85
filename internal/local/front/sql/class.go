// Package sql reads SQL statements as far as the front must understand them: it cuts
// a text into statements and tokens, distinguishes reads from writes and DDL, refuses the
// statements that DSQL doesn't have, and rewrites what PostgreSQL would do
// otherwise. It knows nothing of connections, and it never fails: a statement that
// it can't make sense of goes to PostgreSQL, which says what is wrong.
package sql

import "strings"

// Kind distinguishes statements by how they are executed.
type Kind byte

// Begin and the kinds after it don't reach PostgreSQL.
const (
	Read  Kind = iota
	Write      // INSERT, UPDATE, DELETE
	DDL        // also GRANT and COMMENT
	Set        // of a parameter that the session keeps
	Begin
	Commit
	Rollback
	Deallocate
)

// Class is everything that the front must know of a statement.
type Class struct {
	Kind    Kind
	Refused *Refusal // why DSQL doesn't execute it; nil if it does
	SQL     string   // what PostgreSQL gets
	// Rows is how many rows a write changes at most; -1 if only PostgreSQL knows.
	Rows    int
	Deletes bool     // a write that may free keys: by a deletion or another key
	Into    []string // tables that a write inserts into, as they are written
	Tag     string   // of its CommandComplete, where PostgreSQL's would be another
	Lock    *Locking // of a SELECT ... FOR UPDATE and the like
	// System reports whether the statement needs DSQL's schema sys.
	System bool
	Job    string // type of the asynchronous job that a DDL statement starts
	// Name is that of the parameter or prepared statement, or how a block begins.
	Name  string
	Dirty bool // it leaves settings on the connection that the session doesn't keep
}

// Local reports whether the front executes the statement without PostgreSQL.
func (c *Class) Local() bool { return c.Kind >= Begin }

// Ends reports whether the statement ends a transaction, even a failed one.
func (c *Class) Ends() bool { return c.Kind == Commit || c.Kind == Rollback }

// Classify returns the class of each statement in a text.
func Classify(text string) []*Class {
	statements := split(text)
	all := make([]*Class, len(statements))
	for i, s := range statements {
		all[i] = classOf(s)
	}
	return all
}

func classOf(s statement) *Class {
	c := &Class{SQL: s.sql(), Rows: -1}
	if c.Refused = refuse(s); c.Refused != nil {
		return c
	}
	c.judge(s)
	if c.Kind == Write {
		c.Deletes, c.Into = s.contains("delete|update"), s.into()
	}
	c.System = c.System || c.Job != "" || c.Kind == Read && s.readsSystem()
	c.Dirty = c.Kind < Set && s.contains("set_config")
	return c
}

// judge sets what follows from the first word.
func (c *Class) judge(s statement) {
	switch strings.ToLower(s.at(0)) {
	case "begin", "start":
		c.Kind = Begin
		c.Name, c.Refused = s.block()
	case "commit", "end":
		c.Kind, c.Refused = Commit, s.onlyWords("work|transaction|and|no|chain")
	case "rollback", "abort":
		c.Kind, c.Refused = Rollback, s.onlyWords("work|transaction|and|no|chain")
	case "deallocate":
		c.Kind, c.Name = Deallocate, s.deallocated()
	case "aws":
		c.grant(s)
	case "insert":
		c.Kind, c.Rows = Write, s.rowsOfValues()
	case "update", "delete":
		c.Kind = Write
	case "with", "explain", "(":
		if s.contains("insert|update|delete") {
			c.Kind = Write
		}
	case "select":
		c.query(s)
	case "show":
		c.show(s)
	case "set", "reset":
		c.setting(s)
	case "create", "alter", "drop", "grant", "revoke", "comment":
		c.Kind, c.Job, c.SQL = DDL, s.job(), s.forPostgres()
	}
}

// query rewrites a SELECT: PostgreSQL's version becomes DSQL's, and the row locks
// go, because the front checks those at COMMIT.
func (c *Class) query(s statement) {
	edits := s.versions()
	c.SQL = s.edited(edits...)
	if c.Lock = s.locking(); c.Lock != nil {
		c.Lock.Asked = c.SQL
		c.SQL = s.edited(append(edits, c.Lock.edits...)...)
	}
}

// BeginReadOnly begins a block that writes nothing.
const BeginReadOnly = "BEGIN READ ONLY"

// block returns the BEGIN that PostgreSQL gets. The isolation level was checked
// before.
func (s statement) block() (begin string, refused *Refusal) {
	begin = "BEGIN"
	if i := s.find(1, "only"); i > 0 && s.is(i-1, "read") {
		begin = BeginReadOnly
	}
	return begin, s.onlyWords("work|transaction|isolation|level|repeatable|read|only|write|not|deferrable|,")
}

// onlyWords refuses a statement that has other words than these after the first.
func (s statement) onlyWords(words string) *Refusal {
	if i := s.first(1, len(s.tokens), func(i int) bool { return !s.isOneOf(i, words) }); i >= 0 {
		return syntax(s.at(i))
	}
	return nil
}

// setting reads SET and RESET. SET LOCAL and SET CONSTRAINTS end with the transaction,
// so the session needn't keep them.
func (c *Class) setting(s statement) {
	if s.is(1, "local") || s.is(1, "constraints") {
		return
	}
	c.Kind, c.Name = Set, s.parameter()
}

// parameter returns the name of the parameter in SET or RESET, as PostgreSQL's parser
// has it: SET TIME ZONE sets timezone.
func (s statement) parameter() string {
	i := 1
	if s.isOneOf(1, "session|local") {
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
	return s.dotted(i, s.name)
}

// dotted returns the name at token i, which may have a dot as in request.user. part
// returns the name at one token.
func (s statement) dotted(i int, part func(i int) string) string {
	name := part(i)
	for ; s.is(i+1, "."); i += 2 {
		name += "." + part(i+2)
	}
	return name
}

// deallocated returns the name of the prepared statement, "" for all of them.
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

// rowsOfValues returns the number of rows in INSERT ... VALUES; -1 for any other INSERT.
func (s statement) rowsOfValues() int {
	i := s.find(1, "values|select|table|with|default")
	if i < 0 || !s.is(i, "values") {
		return -1
	}
	rows := 0
	for i := range s.outside(i+1, len(s.tokens)) {
		switch {
		case s.is(i, "("):
			rows++
		case s.isOneOf(i, "on|returning"):
			return rows
		case s.isOneOf(i, "union|except|intersect"):
			return -1
		}
	}
	return rows
}

// indexAt returns the place of the word INDEX in a CREATE INDEX; -1 in other statements.
func (s statement) indexAt() int {
	switch {
	case s.has(0, "create", "index"):
		return 1
	case s.has(0, "create", "unique", "index"):
		return 2
	}
	return -1
}

// into returns the tables that the statement inserts into, as they are written.
func (s statement) into() (tables []string) {
	for i := range s.tokens {
		if !s.is(i, "into") || s.tokens[i].kind != tokWord {
			continue
		}
		tables = append(tables, s.dotted(i+1, s.at))
	}
	return tables
}

// Shape returns the class if the client sees another answer than PostgreSQL's, or nil.
func (c *Class) Shape() *Class {
	if c.Job == "" && c.Tag == "" && c.Lock == nil {
		return nil
	}
	return c
}

// ClassifyOne returns the class of a text that must be one statement. A text of
// several goes to PostgreSQL, which refuses it.
func ClassifyOne(text string) *Class {
	if all := Classify(text); len(all) == 1 {
		return all[0]
	}
	return &Class{Kind: Read, SQL: text}
}
