package sql

import "strings"

// refuse returns why DSQL doesn't execute the statement, or nil.
func refuse(s statement) *Refusal {
	verb := s.verb()
	switch verb {
	case "insert", "update", "delete":
		return s.refuseQuery()
	}
	for r := range rulesFor(verb) {
		if r.fits(s, verb) {
			refusal := r.Refusal
			return &refusal
		}
	}
	switch verb {
	case "select", "with", "values", "table", "(", "call":
		return s.refuseQuery()
	case "explain":
		return refuse(s.explained())
	case "begin", "start":
		return s.refuseIsolation()
	case "set", "reset":
		return s.refuseSetting()
	case "create", "alter", "drop", "comment":
		return s.refuseDDL()
	}
	return nil
}

// verb is the first word in lower case, in the spelling that rules have.
func (s statement) verb() string {
	switch verb := strings.ToLower(s.at(0)); verb {
	case "abort":
		return "rollback"
	case "end":
		return "commit"
	case "analyse":
		return "analyze"
	default:
		return verb
	}
}

// explained returns the statement after EXPLAIN and its options.
func (s statement) explained() statement {
	i := 1
	if s.is(i, "(") && !s.isOneOf(i+1, "select|with|values|table|(") { // options
		i = s.closing(i) + 1
	}
	for s.isOneOf(i, "analyze|analyse|verbose") {
		i++
	}
	s.tokens = s.tokens[min(i, len(s.tokens)):]
	return s
}

// refuseQuery looks at every word of a query or a write, nested ones included, for
// clauses, functions and types that DSQL doesn't have.
func (s statement) refuseQuery() *Refusal {
	for i, t := range s.tokens {
		if t.kind != tokWord && t.kind != tokQuoted {
			continue
		}
		if refused := s.refuseClause(i); refused != nil {
			return refused
		}
		switch name := s.function(i); {
		case name == "set_config" && i+2 < len(s.tokens) && s.tokens[i+2].kind == tokString:
			if name := strings.Trim(s.at(i+2), "'"); !Settable(name) {
				return Unsettable(name)
			}
		case listed(refusedFunctions, name):
			return unsupported("function %s not supported", name)
		case listed(xmlFunctions, name), s.isXML(i):
			return unsupported("datatype xml not supported")
		}
	}
	return nil
}

// refuseClause looks at the clause that may start at word i.
func (s statement) refuseClause(i int) *Refusal {
	switch {
	case s.is(i, "into") && !s.isOneOf(i-1, "insert|as|."):
		return unsupported("unsupported statement: CreateTableAs")
	case s.is(i, "tablesample") && s.matches(i+1, []string{"NAME", "("}):
		return unsupported("TABLESAMPLE clause not supported")
	case s.has(i, "for", "share") && !s.argument(i), s.has(i, "for", "no", "key", "update"):
		return unsupported("locking clauses other than FOR UPDATE/FOR KEY SHARE are not supported")
	case s.writesSystem(i):
		return systemDenied()
	}
	return nil
}

// argument reports whether the FOR at i is in substring(... FOR ...) or overlay(... FOR ...).
func (s statement) argument(i int) bool {
	for depth := 0; i > 0; i-- {
		switch {
		case s.is(i, ")"):
			depth++
		case s.is(i, "("):
			if depth--; depth < 0 {
				return s.isOneOf(i-1, "substring|overlay")
			}
		}
	}
	return false
}

// function is the name of PostgreSQL's own function that word i calls, or "".
func (s statement) function(i int) string {
	if !s.is(i+1, "(") || s.is(i-1, ".") && s.name(i-2) != "pg_catalog" {
		return ""
	}
	return s.name(i)
}

// isXML reports whether word i stands for the type xml: as the CAST to it, after ::, or
// before a constant.
func (s statement) isXML(i int) bool {
	at := -1
	switch {
	case s.function(i) == "cast":
		if as := s.find(i+2, "as"); as > 0 {
			at = as + 1
		}
	case s.is(i-1, ":") && s.is(i-2, ":"):
		at = i
	case i+1 < len(s.tokens) && s.tokens[i+1].kind == tokString:
		return s.name(i) == "xml"
	}
	if at < 0 {
		return false
	}
	d, _ := s.datatype(at)
	return d.name == "xml"
}

// refuseIsolation refuses every level but the one that DSQL has.
func (s statement) refuseIsolation() *Refusal {
	i := s.first(0, len(s.tokens), func(i int) bool {
		return s.has(i, "isolation", "level") && !s.has(i+2, "repeatable", "read")
	})
	if i < 0 {
		return nil
	}
	level := strings.ToUpper(s.at(i + 2))
	if level == "READ" {
		level += " " + strings.ToUpper(s.at(i+3))
	}
	return unsupported("Unsupported isolation level: %s", level)
}

func (s statement) refuseSetting() *Refusal {
	if s.is(0, "reset") && s.is(1, "all") || s.is(0, "set") && s.is(1, "constraints") {
		return nil
	}
	if name := s.parameter(); !Settable(name) {
		return Unsettable(name)
	}
	return nil
}

// Settable reports whether DSQL lets a session set the parameter.
func Settable(name string) bool { return listed(settable, strings.ToLower(name)) }

// refuseDDL checks what a pattern can't express: columns, types, counts.
func (s statement) refuseDDL() *Refusal {
	switch index := s.indexAt(); {
	case s.changesSystem():
		return systemDenied()
	case s.is(0, "drop"), s.is(0, "comment"):
		return nil
	case s.has(0, "create", "schema"):
		return s.refuseElements()
	case index > 0:
		return s.refuseKeyColumns(s.within(span{index, len(s.tokens)}, "("))
	case s.is(1, "table"):
		return s.refuseTable()
	case s.is(1, "sequence"):
		return s.refuseSequence()
	case s.has(0, "create", "domain"):
		return s.refuseDomain()
	}
	return s.refuseFunction()
}

// refuseFunction looks at the language of a function, and at the type that it
// returns.
func (s statement) refuseFunction() *Refusal {
	if !s.follows("create|alter [or replace] function") {
		return nil
	}
	if i := s.find(1, "language"); i > 0 {
		if language := strings.ToLower(strings.Trim(s.at(i+1), `'"`)); language != "sql" {
			return unsupported("CREATE FUNCTION with language %s not supported", language)
		}
	}
	if i := s.find(1, "returns"); i > 0 {
		if s.is(i+1, "setof") {
			i++
		}
		if d, _ := s.datatype(i + 1); !d.array {
			return d.refuse()
		}
	}
	return nil
}
