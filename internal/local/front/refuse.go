package front

import "strings"

// refuse returns why DSQL doesn't execute the statement, or nil.
func refuse(s statement) *refusal {
	verb := s.verb()
	switch verb {
	case "insert", "update", "delete":
		return s.refuseFunctions()
	}
	for form := range refusedForms {
		if form.fits(s, verb) {
			return unsupported("%s", form.message)
		}
	}
	switch verb {
	case "select":
		return s.refuseSelect()
	case "with", "explain", "values", "call":
		return s.refuseFunctions()
	case "begin", "start":
		return s.refuseIsolation()
	case "set", "reset":
		return s.refuseSetting()
	case "create", "alter":
		return s.refuseDDL()
	}
	return nil
}

// verb is the first word, in the one spelling that forms have it in.
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

// refuseSelect: SELECT INTO is CREATE TABLE AS, and set_config is SET.
func (s statement) refuseSelect() *refusal {
	if s.find(1, "into") > 0 {
		return unsupported("unsupported statement: CreateTableAs")
	}
	for i := range s.tokens {
		if s.has(i, "set_config", "(") && i+2 < len(s.tokens) && s.tokens[i+2].kind == tokString {
			if name := strings.Trim(s.at(i+2), "'"); !settable(name) {
				return unsettable(name)
			}
		}
	}
	return s.refuseFunctions()
}

// refuseFunctions looks for what no statement may call or make.
func (s statement) refuseFunctions() *refusal {
	for i, t := range s.tokens {
		if t.kind != tokWord {
			continue
		}
		switch name := s.function(i); {
		case listed(refusedFunctions, name):
			return unsupported("function %s not supported", name)
		case listed(xmlFunctions, name), name == "cast" && s.has(s.closing(i+1)-2, "as", "xml"), s.isXML(i):
			return unsupported("datatype xml not supported")
		}
	}
	return nil
}

// function is the name of PostgreSQL's own function that word i calls, or "".
func (s statement) function(i int) string {
	if !s.is(i+1, "(") || s.is(i-1, ".") && !s.is(i-2, "pg_catalog") {
		return ""
	}
	return s.name(i)
}

// isXML reports whether word i is the type xml, after :: or before a constant.
func (s statement) isXML(i int) bool {
	return s.is(i, "xml") && (s.is(i-1, ":") && s.is(i-2, ":") || i+1 < len(s.tokens) && s.tokens[i+1].kind == tokString)
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
	if s.is(0, "reset") && s.is(1, "all") || s.is(0, "set") && s.is(1, "constraints") {
		return nil
	}
	if name := s.parameter(); !settable(name) {
		return unsettable(name)
	}
	return nil
}

func unsettable(name string) *refusal {
	return unsupported("setting configuration parameter %q not supported", name)
}

// settable parameters are the few that DSQL lets a session set.
func settable(name string) bool {
	switch strings.ToLower(name) {
	case "application_name", "client_encoding", "datestyle", "extra_float_digits", "intervalstyle", "timezone", "search_path",
		"enable_bitmapscan", "enable_hashjoin", "enable_indexonlyscan", "enable_indexscan", "enable_material",
		"enable_mergejoin", "enable_nestloop", "enable_seqscan":
		return true
	}
	return false
}

func (s statement) refuseDDL() *refusal {
	switch index := s.indexAt(); {
	case index > 0:
		return s.refuseIndex(index)
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
func (s statement) refuseFunction() *refusal {
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

// refuseIndex counts the columns of an index.
func (s statement) refuseIndex(index int) *refusal {
	for i := index; i < len(s.tokens); i++ {
		if s.is(i, "(") {
			return s.refuseKeyColumns(i)
		}
	}
	return nil
}
