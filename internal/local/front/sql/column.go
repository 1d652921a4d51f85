package sql

import (
	"strconv"
	"strings"
)

const (
	maxColumns    = 255 // of a table
	maxKeyColumns = 8   // of a primary key or index
)

// refuseTable looks at the columns of CREATE TABLE and ALTER TABLE.
func (s statement) refuseTable() *Refusal {
	if s.is(0, "alter") {
		for _, p := range s.actions() {
			if refused := s.refuseAction(p); refused != nil {
				return refused
			}
		}
		return nil
	}
	columns := 0
	for _, p := range s.items() {
		if refused := s.refuseKey(p); refused != nil {
			return refused
		}
		if s.constraint(p) {
			continue
		}
		if columns++; columns > maxColumns {
			return &Refusal{Code: "54011", Message: "tables can have at most 255 columns"}
		}
		if refused := s.refuseColumn(p); refused != nil {
			return refused
		}
	}
	return nil
}

// items returns the columns and constraints in a CREATE TABLE.
func (s statement) items() []span {
	open := s.find(0, "table")
	for open >= 0 && open < len(s.tokens) && !s.is(open, "(") {
		open++
	}
	if open < 0 || open == len(s.tokens) {
		return nil
	}
	return s.parts(open+1, s.closing(open))
}

// constraint reports whether a part of CREATE TABLE isn't a column.
func (s statement) constraint(p span) bool {
	return p.first >= p.end || s.isOneOf(p.first, "constraint|primary|unique|check|foreign|like") ||
		s.is(p.first, "exclude") && s.isOneOf(p.first+1, "using|(")
}

// refuseColumn looks at the definition of a column, which starts with its name.
func (s statement) refuseColumn(p span) *Refusal {
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
	return s.refuseCache("identity column", span{i, p.end}, true)
}

// actions returns the actions of ALTER TABLE. The first starts at its ADD or ALTER.
func (s statement) actions() []span {
	all := s.parts(0, len(s.tokens))
	all[0].first = max(s.find(1, "add|alter"), 0)
	return all
}

// refuseAction looks at one action of ALTER TABLE.
func (s statement) refuseAction(p span) *Refusal {
	if s.is(p.first, "alter") {
		i := s.within(p, "as", "identity")
		return s.refuseCache("identity column", span{max(i, p.first), p.end}, i >= 0)
	}
	if s.matches(p.first, strings.Fields("add [constraint NAME] check|foreign (|key")) && !s.matches(p.first, strings.Fields("add .. not valid")) {
		return unsupported("unsupported ALTER TABLE ADD CONSTRAINT statement")
	}
	column := s.added(p)
	if s.constraint(column) || column.first+1 >= p.end {
		return s.refuseKey(column)
	}
	d, next := s.datatype(column.first + 1)
	if refused := d.refuse(); refused != nil {
		return refused
	}
	if s.is(next, "storage") {
		next += 2
	}
	switch {
	case s.is(next, "collate"), s.is(next, "compression"):
		return unsupported("%s clause not supported", strings.ToUpper(s.at(next)))
	case next < p.end && !(s.is(next, "null") && next+1 == p.end):
		return unsupported("ALTER TABLE ADD COLUMN with constraint not supported")
	}
	return nil
}

// added returns the column or constraint that an action of ALTER TABLE adds; an empty
// span for any other action.
func (s statement) added(p span) span {
	if !s.is(p.first, "add") {
		return span{p.end, p.end}
	}
	p.first++
	if s.is(p.first, "column") {
		p.first++
	}
	if s.has(p.first, "if", "not", "exists") {
		p.first += 3
	}
	return p
}

// storages returns the edits that remove the STORAGE of new columns.
func (s statement) storages() (edits []edit) {
	var columns []span
	switch {
	case s.follows("create table"):
		columns = s.items()
	case s.follows("alter table"):
		for _, p := range s.actions() {
			columns = append(columns, s.added(p))
		}
	}
	for _, p := range columns {
		if s.constraint(p) {
			continue
		}
		if _, next := s.datatype(p.first + 1); s.is(next, "storage") && next+1 < p.end {
			edits = append(edits, without(next, 2))
		}
	}
	return edits
}

// refuseKey counts the columns of PRIMARY KEY (...) and UNIQUE (...).
func (s statement) refuseKey(p span) *Refusal {
	return s.refuseKeyColumns(s.first(p.first, p.end, func(i int) bool {
		return s.is(i, "(") && (s.is(i-1, "key") && s.is(i-2, "primary") || s.is(i-1, "unique"))
	}))
}

// refuseKeyColumns counts the columns in the parentheses that open at i; there are none if i
// is negative.
func (s statement) refuseKeyColumns(i int) *Refusal {
	if i >= 0 && len(s.parts(i+1, s.closing(i))) > maxKeyColumns {
		return &Refusal{Code: "54011", Message: "more than 8 column keys in an index are not supported"}
	}
	return nil
}

// refuseSequence looks at the CACHE and the type of CREATE and ALTER SEQUENCE.
func (s statement) refuseSequence() *Refusal {
	if i := s.find(3, "as"); i > 0 {
		if d, _ := s.datatype(i + 1); d.name != "bigint" {
			return unsupported("datatype %s not supported, sequence type must be bigint", d)
		}
	}
	verb := strings.ToUpper(s.at(0))
	return s.refuseCache(verb+" SEQUENCE", span{2, len(s.tokens)}, verb == "CREATE")
}

// refuseDomain looks at the type under a domain.
func (s statement) refuseDomain() *Refusal {
	i := s.afterName(2)
	if i < 0 {
		return nil
	}
	if s.is(i, "as") {
		i++
	}
	d, _ := s.datatype(i)
	return d.refuse()
}

// refuseCache refuses a sequence whose CACHE in p DSQL doesn't allow. Without a CACHE it
// refuses the sequence only if one is required. kind is its name in the message.
func (s statement) refuseCache(kind string, p span, required bool) *Refusal {
	if size := s.cacheSize(p); size == 1 || size >= 65536 || size < 0 && !required {
		return nil
	}
	return unsupported("%s is not supported without an explicit cache size. please define CACHE greater than or equal to 65536 or equal to 1", kind)
}

// cacheSize returns the number after CACHE in p, or -1.
func (s statement) cacheSize(p span) int {
	for i := p.first; i+1 < p.end; i++ {
		if s.is(i, "cache") && s.tokens[i+1].kind == tokNumber {
			if size, err := strconv.Atoi(s.at(i + 1)); err == nil {
				return size
			}
		}
	}
	return -1
}
