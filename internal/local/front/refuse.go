package front

import "strings"

// refuse answers why DSQL doesn't execute the statement, or nil. Its texts are
// those of facts where clusters' answers were recorded; the others follow their
// pattern, PostgreSQL's names of parse nodes.
func refuse(s statement) *refusal {
	if node := s.node(); node != "" {
		return unsupported("unsupported statement: %s", node)
	}
	switch strings.ToLower(s.at(0)) {
	case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare":
		return s.refuseTransaction()
	case "set", "reset":
		return s.refuseSetting()
	case "create", "alter":
		return s.refuseDDL()
	}
	return nil
}

// node is the parse node of a statement that isn't there at all.
func (s statement) node() string {
	switch word := strings.ToLower(s.at(0)); word {
	case "truncate", "listen", "notify", "unlisten", "lock", "vacuum", "do", "copy", "cluster", "discard", "load":
		return strings.ToUpper(word[:1]) + word[1:]
	case "checkpoint":
		return "CheckPoint"
	case "reindex":
		return "Reindex"
	case "prepare":
		if !s.is(1, "transaction") {
			return "Prepare"
		}
	case "execute":
		return "Execute"
	case "create":
		return s.createNode()
	case "alter":
		if s.is(1, "system") {
			return "AlterSystem"
		}
	}
	return ""
}

func (s statement) createNode() string {
	i := 1
	if s.has(1, "or", "replace") {
		i = 3
	}
	switch {
	case s.is(i, "trigger"), s.has(i, "constraint", "trigger"):
		return "CreateTrig"
	case s.has(i, "event", "trigger"):
		return "CreateEventTrig"
	case s.is(i, "extension"):
		return "CreateExtension"
	case s.is(i, "database"):
		return "Createdb"
	case s.is(i, "tablespace"):
		return "CreateTableSpace"
	case s.is(i, "rule"):
		return "Rule"
	case s.has(i, "materialized", "view"):
		return "CreateTableAs"
	case s.is(i, "type"):
		return s.typeNode(i)
	}
	return ""
}

func (s statement) typeNode(i int) string {
	as := s.find(i, "as")
	switch {
	case as > 0 && s.is(as+1, "enum"):
		return "CreateEnum"
	case as > 0 && s.is(as+1, "range"):
		return "CreateRange"
	case as > 0:
		return "CompositeType"
	}
	return "Define"
}

func (s statement) refuseTransaction() *refusal {
	const text = "unsupported transaction statement: %s"
	switch {
	case s.is(0, "savepoint"), s.is(0, "release"):
		return unsupported(text, strings.ToUpper(s.at(0)))
	case s.is(0, "prepare"):
		return unsupported(text, "PREPARE TRANSACTION")
	case s.oneOf(1, "prepared") != "":
		return unsupported(text, strings.ToUpper(s.at(0))+" PREPARED")
	case s.is(0, "rollback") && s.find(1, "to") > 0:
		return unsupported(text, "ROLLBACK TO SAVEPOINT")
	}
	if i := s.find(1, "chain"); i > 0 && !s.is(i-1, "no") {
		return unsupported(text, strings.ToUpper(s.at(0))+" AND CHAIN")
	}
	return s.refuseIsolation()
}

// refuseIsolation: there is one level only.
func (s statement) refuseIsolation() *refusal {
	for i := range s.tokens {
		if s.has(i, "isolation", "level") && !s.has(i+2, "repeatable", "read") {
			return unsupported("Unsupported isolation level: %s", s.level(i+2))
		}
	}
	return nil
}

func (s statement) level(i int) string {
	level := strings.ToUpper(s.at(i))
	if level == "READ" {
		level += " " + strings.ToUpper(s.at(i+1))
	}
	return level
}

func (s statement) refuseSetting() *refusal {
	i := 1
	if s.oneOf(1, "session", "local") != "" {
		i = 2
	}
	switch {
	case s.is(i, "characteristics"), s.has(1, "transaction"):
		return s.refuseIsolation()
	case s.is(0, "reset") && s.is(1, "all"):
		return nil
	}
	if name := s.parameter(i); !settable(name) {
		return unsupported("setting configuration parameter %q not supported", name)
	}
	return nil
}

// settable parameters are the few that DSQL lets a session set.
func settable(name string) bool {
	switch strings.ToLower(name) {
	case "client_encoding", "datestyle", "extra_float_digits", "intervalstyle", "timezone", "search_path":
		return true
	}
	return false
}

func (s statement) refuseDDL() *refusal {
	i := 1
	if s.oneOf(i, "global", "local") != "" {
		i++
	}
	switch {
	case s.oneOf(i, "temporary", "temp") != "":
		return unsupported("temporary tables not supported")
	case s.is(i, "unlogged"):
		return unsupported("unlogged tables not supported")
	case s.is(0, "create") && s.indexAt() > 0 && !s.is(s.indexAt()+1, "async"):
		return unsupported("unsupported mode. please use CREATE INDEX ASYNC.")
	case s.contains("function", "procedure") && s.language() != "" && s.language() != "sql":
		return unsupported("language %q not supported", s.language())
	case s.is(1, "table"):
		return s.refuseArrays()
	}
	return nil
}

// language of a function; quoted or not, in any case.
func (s statement) language() string {
	i := s.find(1, "language")
	if i < 0 {
		return ""
	}
	return strings.ToLower(strings.Trim(s.at(i+1), `'"`))
}

// refuseArrays looks for a column of an array type in CREATE or ALTER TABLE.
func (s statement) refuseArrays() *refusal {
	for i := 2; i < len(s.tokens); i++ {
		bracket := s.is(i, "[") && (s.is(i+1, "]") || i+1 < len(s.tokens) && s.tokens[i+1].kind == tokNumber) && !s.is(i-1, "array")
		if !bracket && !(s.is(i, "array") && s.tokens[i-1].kind == tokWord && !s.is(i+1, "[") && s.columnType(i-1)) {
			continue
		}
		t := i - 1
		if s.is(t, ")") { // varchar(10)[]
			for t > 0 && !s.is(t, "(") {
				t--
			}
			t--
		}
		return unsupported("datatype %s[] not supported", s.name(max(t, 0)))
	}
	return nil
}

// columnType answers whether token i can be the type of a column: a name is
// before it.
func (s statement) columnType(i int) bool {
	return i > 2 && (s.tokens[i-1].kind == tokWord || s.tokens[i-1].kind == tokQuoted)
}
