package table

import (
	"slices"
	"strings"
)

// compareColumns compares the columns of the INSERT, and those that it leaves out.
func (c *comparison) compareColumns() {
	for _, want := range columns() {
		i := slices.IndexFunc(c.columns, func(f columnFact) bool { return f.Name == want.name })
		if i < 0 {
			c.differs("ALTER TABLE "+Name+" ADD COLUMN "+want.name+" "+want.sqlType(), "%s has no column %s", Name, want.name)
			continue
		}
		c.compareColumn(want, c.columns[i])
	}
	for _, f := range c.columns {
		if f.NotNull && !f.Default && !slices.Contains(columnNames(), f.Name) {
			name := quoted(f.Name)
			c.differs(c.alter("ALTER COLUMN "+name+" DROP NOT NULL"), "column %s of %s is NOT NULL and has no default: the INSERT gives it no value", f.Name, Name)
		}
	}
}

func (c *comparison) compareColumn(want column, f columnFact) {
	value := want.name
	if want.isTime() { // through text, because some types have no cast; Go's text of a time names its zone twice
		value = "replace(" + want.name + "::text, ' UTC', '')"
	}
	retype := c.alter("ALTER COLUMN " + want.name + " TYPE " + want.sqlType() + " USING " + value + "::" + want.sqlType())
	if f.Generated {
		c.differs(c.alter("ALTER COLUMN "+want.name+" DROP EXPRESSION"), "column %s of %s is GENERATED ALWAYS, and the INSERT gives it a value", f.Name, Name)
	}
	switch {
	case f.BuiltIn && !slices.Contains(want.types, f.Type):
		c.differs(retype, "column %s of %s has type %s: must be %s", f.Name, Name, f.Shown, either(want.types))
	case f.Length > 0 && f.Length < want.longest:
		c.differs(retype, "column %s of %s has type %s, and its values have up to %d characters", f.Name, Name, f.Shown, want.longest)
	case want.readBack && f.Type == "bpchar" && f.Length != want.longest:
		c.differs(retype, "column %s of %s has type %s, which gives its %d characters back with blanks", f.Name, Name, f.Shown, want.longest)
	case !f.BuiltIn:
		c.noteCured(retype, "has a column %s of type %s, which may refuse values", f.Name, f.Shown)
	case want.isTime() && f.Type == "date":
		c.noteCured(retype, "has a column %s of type date, which keeps the day alone: SQL can't show how a run went over time", f.Name)
	case want.isTime() && !strings.HasPrefix(f.Type, "timestamp"):
		c.noteCured(retype, "has a column %s of type %s, which keeps the time as text: SQL's time functions don't accept it", f.Name, f.Shown)
	}
}

// either lists types by their names in SQL.
func either(types []string) string {
	list := strings.Replace(strings.Join(types, ", "), "bpchar", "char", 1)
	last := strings.LastIndex(list, ", ")
	return list[:last] + " or " + list[last+len(", "):]
}

// compareIndexes checks the key that ON CONFLICT (id) needs, and whether other indexes refuse
// rows or cost writes.
func (c *comparison) compareIndexes() {
	onID := func(i indexFact) bool {
		return i.Unique && !i.Exclusion && !i.Partial && slices.Equal(i.Columns, []string{"id"})
	}
	key := slices.IndexFunc(c.indexes, func(i indexFact) bool { return onID(i) && i.Immediate && i.Valid })
	late, replaced := c.compareKey(key, onID)
	var more []string
	for n, i := range c.indexes {
		if n == key || slices.Contains(late, n) || n == replaced {
			continue
		}
		more = append(more, i.Name)
		c.compareUnique(i)
	}
	switch len(more) {
	case 0:
	case 1:
		c.note("has an index that the suite's own table lacks, %s: it costs a write a row", more[0])
	default:
		c.note("has %d indexes that the suite's own table lacks (%s): each costs a write a row", len(more), some(more))
	}
}

// compareKey checks the key on (id), whose index is key; -1 if there is none. It returns the
// indexes of the DEFERRABLE keys, and of the primary key that the cure replaces, else -1.
func (c *comparison) compareKey(key int, onID func(indexFact) bool) (late []int, replaced int) {
	replaced = -1
	var actions []string
	for n, i := range c.indexes {
		isLate := onID(i) && !i.Immediate
		if isLate {
			late = append(late, n)
		}
		inTheWay := key < 0 && i.Primary && !c.cluster && c.relation.Kind != "p"
		if inTheWay {
			replaced = n
		}
		if isLate || inTheWay {
			actions = append(actions, "DROP CONSTRAINT "+quoted(i.Constraint))
		}
	}
	if key < 0 {
		actions = append(actions, "ADD PRIMARY KEY (id)")
	}
	cure := c.alter(strings.Join(actions, ", "))
	if c.relation.Kind == "p" { // its keys must have the columns that it is partitioned by
		cure = c.anew("TABLE")
	}
	switch {
	case len(late) > 0:
		c.differs(cure, "the key %s of %s on (id) is DEFERRABLE, and ON CONFLICT (id) can't use it", c.indexes[late[0]].Name, Name)
	case key < 0:
		if c.cluster {
			cure = "CREATE UNIQUE INDEX ASYNC ON " + Name + " (id)"
		}
		c.differs(cure, "%s has neither a primary key nor a unique index on (id), which ON CONFLICT (id) needs", Name)
	}
	return late, replaced
}

// compareUnique checks whether an index other than the key refuses rows.
func (c *comparison) compareUnique(i indexFact) {
	if !i.Unique && !i.Exclusion {
		return
	}
	// Each row has a different id and event_data; the other values repeat from row to row.
	own := slices.Contains(i.Columns, "id") || slices.Contains(i.Columns, "event_data")
	repeats := !slices.ContainsFunc(i.Columns, func(name string) bool {
		return !slices.Contains([]string{"event_name", "event_type", "created_date", "saved_date"}, name)
	})
	drop := "DROP INDEX car_entities_schema." + quoted(i.Name)
	if i.Constraint != "" {
		drop = c.alter("DROP CONSTRAINT " + quoted(i.Constraint))
	}
	switch {
	case i.Unique && own:
	case i.Unique && repeats && !i.Partial:
		c.differs(drop, "%s of %s makes (%s) unique, but rows repeat these values", i.Name, Name, strings.Join(i.Columns, ", "))
	default:
		c.noteCured(drop, "has %s, which may refuse a row because of another one", i.Name)
	}
}

// The bits of a trigger's type (PostgreSQL's catalog/pg_trigger.h).
const (
	triggerRow    = 1 << 0
	triggerBefore = 1 << 1
	triggerInsert = 1 << 2
	triggerDelete = 1 << 3
)

// compareGuards checks triggers, rules and constraints, which may refuse or change rows.
func (c *comparison) compareGuards() {
	for _, t := range c.triggers {
		disable := "ALTER TABLE " + Name + " DISABLE TRIGGER " + quoted(t.Name)
		switch {
		case t.Type&triggerInsert != 0 && t.Type&triggerBefore != 0 && t.Type&triggerRow != 0:
			c.differs(disable, "trigger %s of %s runs before each row's INSERT: it may refuse, drop or change the row", t.Name, Name)
		case t.Type&triggerDelete != 0 && t.Type&triggerBefore != 0 && t.Type&triggerRow != 0:
			c.differs(disable, "trigger %s of %s runs before each row's DELETE: it may keep the warm-up's rows", t.Name, Name)
		case t.Type&triggerInsert != 0:
			c.noteCured(disable, "has a trigger %s at INSERT: it costs time, and may refuse rows", t.Name)
		}
	}
	for _, rule := range c.rules {
		c.differs("DROP RULE "+quoted(rule)+" ON "+Name, "rule %s of %s rewrites the statements: ON CONFLICT doesn't work with it", rule, Name)
	}
	for _, k := range c.constraints {
		kind := map[string]string{"c": "check", "f": "foreign key"}[k.Kind]
		c.noteCured(c.alter("DROP CONSTRAINT "+quoted(k.Name)), "has the %s %s, which may refuse rows: %s", kind, k.Name, k.Definition)
	}
}
