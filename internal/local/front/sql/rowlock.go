package sql

import (
	"slices"
	"strings"
)

// The strengths of a row lock, as a SELECT asks for them.
const (
	ForUpdate   = "UPDATE"
	ForKeyShare = "KEY SHARE"
)

// Locking is the lock clauses of a SELECT ... FOR UPDATE. PostgreSQL executes the
// SELECT without them, so that nobody waits, and with more columns, which name the
// locked rows. The client doesn't see these columns.
type Locking struct {
	Asked     string   // the statement with its clauses
	edits     []edit   // that take them out and add the columns
	Strengths []string // of each column that is added
}

// rowOf is the column that names a row of table {t}: a JSON array of its place, its
// version, its table and its key. Package lock reads it.
const rowOf = `, (SELECT pg_catalog.jsonb_build_array({t}.ctid::text, {t}.xmin::text, pg_catalog.format('%I.%I', front_n.nspname, front_c.relname),
 (SELECT pg_catalog.jsonb_object_agg(front_a.attname, pg_catalog.to_jsonb({t}.*) -> front_a.attname::text)
  FROM pg_catalog.pg_index front_i JOIN pg_catalog.pg_attribute front_a ON front_a.attrelid = front_i.indrelid AND front_a.attnum = ANY (front_i.indkey)
  WHERE front_i.indrelid = {t}.tableoid AND front_i.indisprimary))::text
 FROM pg_catalog.pg_class front_c JOIN pg_catalog.pg_namespace front_n ON front_n.oid = front_c.relnamespace WHERE front_c.oid = {t}.tableoid)`

// locking reads the lock clauses of a SELECT. It returns nil if there are none, or if
// the SELECT is from something else than plain tables.
func (s statement) locking() *Locking {
	from, at := s.find(1, "from"), s.find(1, "for")
	for s.isOneOf(from-1, "distinct|as") { // IS DISTINCT FROM, or a column's name
		from = s.find(from+1, "from")
	}
	if from < 0 || at < from {
		return nil
	}
	tables := s.fromTables(from + 1)
	l := &Locking{}
	var columns strings.Builder
	for ; at > 0; at = s.find(at, "for") {
		strength, of, end := s.lockClause(at)
		if strength == "" || len(tables) == 0 {
			return nil
		}
		l.edits = append(l.edits, edit{first: at, end: end})
		for _, t := range tables {
			if len(of) == 0 || slices.ContainsFunc(of, func(name string) bool { return strings.EqualFold(name, t) }) {
				l.Strengths = append(l.Strengths, strength)
				columns.WriteString(strings.ReplaceAll(rowOf, "{t}", t))
			}
		}
		at = end
	}
	if len(l.Strengths) == 0 { // of no table: PostgreSQL says so
		return nil
	}
	added := columns.String() + " "
	if from == 1 { // SELECT FROM: there is no column before
		added = strings.TrimPrefix(added, ",")
	}
	l.edits = append(l.edits, edit{first: from, end: from, text: added})
	return l
}

// NoTable refuses what has none of the columns that every table has: a view.
func (l *Locking) NoTable() *Refusal {
	return unsupported("FOR %s not supported on views", l.Strengths[0])
}

// lockClause reads FOR UPDATE and the like at token i: which tables it is of,
// empty for all, and the place after it. strength is empty for anything else.
func (s statement) lockClause(i int) (strength string, of []string, end int) {
	for _, name := range []string{ForUpdate, ForKeyShare} {
		if words := strings.Fields(name); s.has(i+1, words...) {
			strength, end = name, i+1+len(words)
		}
	}
	if strength != "" && s.is(end, "of") {
		for first := true; first || s.is(end, ","); first = false {
			of = append(of, s.at(end+1))
			end = min(end+2, len(s.tokens))
		}
	}
	switch {
	case s.is(end, "nowait"):
		end++
	case s.has(end, "skip", "locked"):
		end += 2
	}
	return strength, of, end
}

// fromTables returns the names by which a FROM list's tables are known in the
// statement, as they are written. It returns nil if an item isn't a table.
func (s statement) fromTables(i int) (names []string) {
	for {
		if s.is(i, "only") {
			i++
		}
		for s.is(i+1, ".") {
			i += 2
		}
		if i >= len(s.tokens) || s.is(i, "lateral") || s.isOneOf(i+1, "(|from") || s.tokens[i].kind != tokWord && s.tokens[i].kind != tokQuoted {
			return nil
		}
		name := s.at(i)
		if i++; s.is(i, "*") {
			i++
		}
		if s.is(i, "as") {
			i++
		}
		if s.isAlias(i) {
			name = s.at(i)
		}
		names = append(names, name)
		if i = s.nextTable(i); i < 0 {
			return names
		}
	}
}

// isAlias reports whether token i, after a table's name, is another name of it.
func (s statement) isAlias(i int) bool {
	return i < len(s.tokens) && (s.tokens[i].kind == tokQuoted || s.tokens[i].kind == tokWord &&
		!s.isOneOf(i, "where|on|using|natural|join|inner|left|right|full|cross|order|group|having|window|limit|offset|fetch|for|tablesample|union|intersect|except"))
}

// nextTable returns the place after the next comma or JOIN of a FROM list; -1 at its
// end.
func (s statement) nextTable(i int) int {
	for i := range s.outside(i, len(s.tokens)) {
		switch {
		case s.isOneOf(i, ",|join"):
			return i + 1
		case s.isOneOf(i, "where|order|group|having|window|limit|offset|fetch|for|union|intersect|except"):
			return -1
		}
	}
	return -1
}
