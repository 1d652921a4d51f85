package sql

import "strings"

// The versions that clients see.
const (
	Version          = "16.0" // DSQL is compatible with PostgreSQL 16
	serverVersionNum = "160000"
	versionText      = "PostgreSQL 16"
)

// show rewrites SHOW server_version and SHOW server_version_num: the values are DSQL's,
// not those of the PostgreSQL behind.
func (c *Class) show(s statement) {
	name := s.name(1)
	if value := versionSetting(name); value != "" && len(s.tokens) == 2 {
		c.SQL, c.Tag = "SELECT '"+value+"' AS "+name, "SHOW"
	}
}

// versionSetting returns the value of a parameter that holds the version, or "".
func versionSetting(name string) string {
	return map[string]string{"server_version": Version, "server_version_num": serverVersionNum}[strings.ToLower(name)]
}

// versions returns the edits that replace version() and
// current_setting('server_version') by DSQL's values. A subquery gives the column the
// function's name.
func (s statement) versions() (edits []edit) {
	for i := range s.tokens {
		value, name, end := "", "", 0
		switch {
		case s.has(i, "version", "(", ")"):
			value, name, end = versionText, "version", i+3
		case s.has(i, "current_setting", "(") && i+2 < len(s.tokens) && s.is(i+3, ")"):
			value, name, end = versionSetting(strings.Trim(s.at(i+2), "'")), "current_setting", i+4
		}
		if value == "" {
			continue
		}
		first := i
		if s.is(i-1, ".") && s.is(i-2, "pg_catalog") {
			first = i - 2
		}
		if s.is(first-1, ".") || s.is(first-1, "from") { // not PostgreSQL's, or a table
			continue
		}
		edits = append(edits, edit{first, end, "(SELECT '" + value + "'::text AS " + name + ")"})
	}
	return edits
}
