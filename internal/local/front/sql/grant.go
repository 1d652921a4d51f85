package sql

import "strings"

// grant reads AWS IAM GRANT and REVOKE, which PostgreSQL doesn't have. It changes the
// table behind sys.iam_pg_role_mappings instead.
func (c *Class) grant(s statement) {
	for i, want := range []string{"aws", "iam", "grant|revoke", "", "to|from", "", ""} {
		known := s.isOneOf(i, want)
		switch {
		case i == 3:
			known = s.afterName(i) == i+1
		case i == 4:
			known = s.is(i, "to") == s.is(2, "grant") && known
		case i == 5:
			known = i < len(s.tokens) && s.tokens[i].kind == tokString
		case i == 6:
			known = i == len(s.tokens)
		}
		if !known {
			c.Refused = syntax(s.at(i))
			return
		}
	}
	// The cast fails where there is no such role, as GRANT does.
	role := Quoted(QuotedName(s.name(3))) + "::regrole"
	c.Kind, c.System, c.Tag = DDL, true, strings.ToUpper(s.at(2))
	if c.Tag == "GRANT" {
		c.SQL = "INSERT INTO sys.iam_mappings (role, arn) VALUES (" + role + ", " + s.at(5) + ") ON CONFLICT DO NOTHING"
	} else {
		c.SQL = "DELETE FROM sys.iam_mappings WHERE role = " + role + " AND arn = " + s.at(5)
	}
}
