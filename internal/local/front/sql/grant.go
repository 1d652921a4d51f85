package sql

import "strings"

// grant reads AWS IAM GRANT and REVOKE, which PostgreSQL doesn't have. PostgreSQL gets a
// change of the table behind sys.iam_pg_role_mappings instead.
func (c *Class) grant(s statement) {
	direction := "to"
	if s.is(2, "revoke") {
		direction = "from"
	}
	for i, want := range []string{"aws", "iam", "grant|revoke", "NAME", direction, "STRING", "END"} {
		if !s.matches(i, []string{want}) || want == "NAME" && s.is(i+1, ".") { // a role has no schema
			c.Refused = syntax(s.at(i))
			return
		}
	}
	// The cast fails if there is no such role, as GRANT does.
	role := Quoted(QuotedName(s.name(3))) + "::regrole"
	c.Kind, c.System, c.Tag = DDL, true, strings.ToUpper(s.at(2))
	if c.Tag == "GRANT" {
		c.SQL = "INSERT INTO sys.iam_mappings (role, arn) VALUES (" + role + ", " + s.at(5) + ") ON CONFLICT DO NOTHING"
	} else {
		c.SQL = "DELETE FROM sys.iam_mappings WHERE role = " + role + " AND arn = " + s.at(5)
	}
}
