package table

import (
	"slices"
	"strings"

	"dsql-load-test/internal/event"
)

// column is a column that the INSERT writes.
type column struct {
	name string
	ddl  string // its type and constraint in Schema
	// types are the built-in types that take every value whole. Other types, such as a
	// domain, may do so too.
	types []string
	// longest is the number of characters of the longest value.
	longest int
	// readBack: the value is read again, and char(n) would add blanks to it.
	readBack bool
}

// columns returns the six columns of the INSERT, in its order.
func columns() []column {
	texts := []string{"text", "varchar", "bpchar", "name"}
	times := []string{"timestamptz", "timestamp", "date", "text", "varchar", "bpchar"}
	l := event.LongestValues()
	return []column{
		{name: "id", ddl: "VARCHAR(255) PRIMARY KEY", types: slices.Concat(texts, []string{"uuid"}), longest: l.ID, readBack: true},
		{name: "event_name", ddl: "VARCHAR(255) NOT NULL", types: texts, longest: l.Name},
		{name: "event_type", ddl: "VARCHAR(255)", types: texts, longest: l.Type},
		{name: "created_date", ddl: "TIMESTAMPTZ", types: times, longest: l.Moment},
		{name: "saved_date", ddl: "TIMESTAMPTZ", types: times, longest: l.Moment},
		{name: "event_data", ddl: "TEXT NOT NULL", types: []string{"text", "varchar", "bpchar", "json", "jsonb", "bytea"}, longest: l.Data},
	}
}

// isTime reports whether the column holds the moment of a row.
func (c *column) isTime() bool { return c.sqlType() == "TIMESTAMPTZ" }

// columnNames returns the names of the INSERT's columns.
func columnNames() []string {
	var names []string
	for _, c := range columns() {
		names = append(names, c.name)
	}
	return names
}

// definitions returns the columns as CREATE TABLE defines them.
func definitions() string {
	var lines []string
	for _, c := range columns() {
		lines = append(lines, "\t"+c.name+" "+c.ddl)
	}
	return strings.Join(lines, ",\n")
}

// sqlType returns the column's type in Schema.
func (c *column) sqlType() string {
	name, _, _ := strings.Cut(c.ddl, " ")
	return name
}
