package front

import "strconv"

const (
	maxColumns    = 255 // of a table
	maxKeyColumns = 8   // of a primary key or index
)

// refuseTable looks at the columns of CREATE TABLE and ALTER TABLE.
func (s statement) refuseTable() *refusal {
	if s.is(0, "alter") {
		return s.refuseAlteration()
	}
	open := s.find(0, "table")
	for open >= 0 && open < len(s.tokens) && !s.is(open, "(") {
		open++
	}
	if open < 0 || open == len(s.tokens) {
		return nil
	}
	columns := 0
	for _, p := range s.parts(open+1, s.closing(open)) {
		if refused := s.refuseKey(p); refused != nil {
			return refused
		}
		if s.constraint(p) {
			continue
		}
		if columns++; columns > maxColumns {
			return &refusal{code: "54011", message: "tables can have at most 255 columns"}
		}
		if refused := s.refuseColumn(p); refused != nil {
			return refused
		}
	}
	return nil
}

// constraint reports whether a part of CREATE TABLE is no column.
func (s statement) constraint(p span) bool {
	return p.first >= p.end || s.oneOf(p.first, "constraint", "primary", "unique", "check", "foreign", "exclude", "like") != ""
}

// refuseColumn looks at the definition of a column, which starts with its name.
func (s statement) refuseColumn(p span) *refusal {
	if p.first+1 >= p.end {
		return nil
	}
	d, _ := s.datatype(p.first + 1)
	if refused := d.refuse(); refused != nil {
		return refused
	}
	i := s.within(p, "as", "identity")
	if i < 0 {
		return nil
	}
	if d.name != "bigint" {
		return unsupported("datatype %s not supported, identity column type must be bigint", d)
	}
	return s.refuseCache("identity column", i, p.end)
}

// refuseAlteration looks at the columns that ALTER TABLE adds.
func (s statement) refuseAlteration() *refusal {
	for _, p := range s.parts(0, len(s.tokens)) {
		if p.first == 0 {
			p.first = max(s.find(1, "add", "alter"), 0)
		}
		if refused := s.refuseAction(p); refused != nil {
			return refused
		}
	}
	return nil
}

// refuseAction looks at one action of ALTER TABLE.
func (s statement) refuseAction(p span) *refusal {
	if i := s.within(p, "as", "identity"); i >= 0 && s.is(p.first, "alter") {
		return s.refuseCache("identity column", i, p.end)
	}
	if !s.is(p.first, "add") {
		return nil
	}
	p.first++
	if s.is(p.first, "column") {
		p.first++
	}
	if s.has(p.first, "if", "not", "exists") {
		p.first += 3
	}
	if s.constraint(p) || p.first+1 >= p.end {
		return s.refuseKey(p)
	}
	d, next := s.datatype(p.first + 1)
	if refused := d.refuse(); refused != nil {
		return refused
	}
	if s.oneOf(next, "collate", "storage", "compression") == "" && next < p.end {
		return unsupported("ALTER TABLE ADD COLUMN with constraint not supported")
	}
	return nil
}

// refuseKey counts the columns of PRIMARY KEY (...) and UNIQUE (...).
func (s statement) refuseKey(p span) *refusal {
	for i := p.first; i < p.end; i++ {
		if s.is(i, "(") && (s.is(i-1, "key") && s.is(i-2, "primary") || s.is(i-1, "unique")) {
			return s.refuseKeyColumns(i)
		}
	}
	return nil
}

// refuseKeyColumns counts the columns in the parentheses that open at i.
func (s statement) refuseKeyColumns(i int) *refusal {
	if len(s.parts(i+1, s.closing(i))) > maxKeyColumns {
		return &refusal{code: "54011", message: "more than 8 column keys in an index are not supported"}
	}
	return nil
}

// refuseCache looks for the CACHE that a sequence must have, from token i to
// before end.
func (s statement) refuseCache(what string, i, end int) *refusal {
	if at := s.within(span{i, end}, "cache"); at >= 0 {
		if size, err := strconv.Atoi(s.at(at + 1)); err == nil && (size == 1 || size >= 65536) {
			return nil
		}
	}
	return unsupported("%s is not supported without an explicit cache size. please define CACHE greater than or equal to 65536 or equal to 1", what)
}
