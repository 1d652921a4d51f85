package front

import "strings"

// refuse returns why DSQL doesn't execute the statement, or nil.
func refuse(s statement) *refusal {
	if refused := s.refuseAdvisoryLock(); refused != nil {
		return refused
	}
	switch strings.ToLower(s.at(0)) {
	case "insert", "update", "delete", "merge", "with", "explain":
		return nil
	case "select":
		return s.refuseSelect()
	}
	for _, form := range refusedForms() {
		if s.follows(form.pattern) {
			return unsupported("%s", form.message)
		}
	}
	switch strings.ToLower(s.at(0)) {
	case "begin", "start":
		return s.refuseIsolation()
	case "set", "reset":
		return s.refuseSetting()
	case "create", "alter":
		return s.refuseDDL()
	}
	return nil
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
	return nil
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
	case index > 0 && s.is(0, "create"):
		if !s.is(index+1, "async") {
			return unsupported("unsupported mode. please use CREATE INDEX ASYNC.")
		}
		return s.refuseIndex(index)
	case s.is(1, "table"):
		return s.refuseTable()
	case s.has(0, "create", "sequence"):
		return s.refuseCache("CREATE SEQUENCE", 2, len(s.tokens))
	}
	if language := s.language(); language != "" && language != "sql" {
		return unsupported("CREATE FUNCTION with language %s not supported", language)
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

// language of a function or procedure; quoted or not, in any case.
func (s statement) language() string {
	if !s.follows("create|alter [or] [replace] function|procedure") {
		return ""
	}
	i := s.find(1, "language")
	if i < 0 {
		return ""
	}
	return strings.ToLower(strings.Trim(s.at(i+1), `'"`))
}
