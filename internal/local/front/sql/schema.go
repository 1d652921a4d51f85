package sql

// systemSchema is DSQL's own.
const systemSchema = "sys"

// refuseElements looks at the statements in a CREATE SCHEMA. DSQL has two kinds of
// them.
func (s statement) refuseElements() *Refusal {
	first := s.nextElement(2)
	for first < len(s.tokens) {
		next := s.nextElement(first + 1)
		element := statement{text: s.text, tokens: s.tokens[first:next]}
		if !element.follows("grant") && !element.follows("create [temporary|temp|unlogged] sequence") {
			return unsupported("unsupported object in CREATE SCHEMA statement")
		}
		if refused := refuse(element); refused != nil {
			return refused
		}
		first = next
	}
	return nil
}

// nextElement returns the place at or after i where the next statement in a CREATE
// SCHEMA starts; the end if there is none. CREATE is a privilege too, and WITH GRANT
// OPTION is an option.
func (s statement) nextElement(i int) int {
	for ; i < len(s.tokens); i++ {
		if s.is(i, "create") && !s.isOneOf(i+1, "on|,") || s.is(i, "grant") && !s.is(i-1, "with") {
			return i
		}
	}
	return len(s.tokens)
}

// inSystem reports whether the name at i is of an object in the schema sys.
func (s statement) inSystem(i int) bool {
	if s.is(i, "only") {
		i++
	}
	return s.is(i+1, ".") && s.name(i) == systemSchema
}

// writesSystem reports whether a write to a table of the schema sys starts at
// word i.
func (s statement) writesSystem(i int) bool {
	return s.has(i, "insert", "into") && s.inSystem(i+2) || s.is(i, "update") && s.inSystem(i+1) || s.has(i, "delete", "from") && s.inSystem(i+2)
}

// changesSystem reports whether a DDL statement changes the schema sys or something
// in it. A view's query and a function's body may read it.
func (s statement) changesSystem() bool {
	schemas := s.is(1, "schema") || s.has(0, "comment", "on", "schema")
	for i := 1; i < len(s.tokens); i++ {
		switch {
		case s.isOneOf(i, "as|return|returns") && s.isOneOf(0, "create"):
			return false
		case s.inSystem(i):
			return true
		case s.name(i) != systemSchema:
		case schemas && s.isOneOf(i-1, "schema|exists|,"), s.has(i-2, "set", "schema"), schemas && s.has(i-2, "rename", "to"):
			return true
		}
	}
	return false
}
