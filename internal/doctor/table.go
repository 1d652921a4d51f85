package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/quote"
)

// checkTable checks whether the table exists and is as the statements need it, and whether
// driver and function have the rights that they need.
func (e *exam) checkTable(ctx context.Context) []Check {
	s, err := e.login()
	if err != nil {
		return []Check{skipped("not looked at without a login")}
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.Deadline)
	defer cancel()
	own, err := s.db.Table().Check(ctx, "", "SELECT", "INSERT", "DELETE")
	if err != nil {
		return []Check{e.unlessUnneeded(failed("", "%s", quote.Collapse(err)))}
	}
	var found []Check
	for _, d := range own.Differences {
		c := e.differs("the driver's", d, own.User, "")
		if d.OfUser {
			c = e.unlessUnneeded(c)
		}
		found = append(found, c)
	}
	if !own.Exists && (len(found) == 0 || !e.looksItself()) {
		return append(found, e.missingTable())
	}
	who := "rights to select, insert and delete"
	if user := e.functionUser(); user != "" && user != e.user() {
		found = append(found, e.functionRights(ctx, s.db, user)...)
		who = "rights for the driver and the function's user " + user
	}
	if len(found) == 0 {
		found = []Check{ok("%s, %s", dsql.Table, who)}
	}
	for _, note := range own.Notes {
		found = append(found, ok("note: %s", note))
	}
	for _, s := range own.Settings {
		c := warning(s.Cure, "%s = %s, as set for %s: %s", s.Name, s.Value, s.SetFor, s.Effect)
		c.Name = "setting"
		found = append(found, c)
	}
	return found
}

// user returns the database user of the driver.
func (e *exam) user() string {
	a, _ := e.address() // no error: the login succeeded
	return a.User
}

// functionRights returns the rights that the function's user lacks.
func (e *exam) functionRights(ctx context.Context, db *dsql.DB, user string) []Check {
	theirs, err := db.Table().Check(ctx, user, "SELECT", "INSERT")
	switch {
	case err != nil:
		return []Check{warning("", "%s", quote.Collapse(err))}
	case theirs.NoUser:
		return []Check{differing(failed(e.apply(user, e.functionRole()), "the function's user %s isn't there", user))}
	}
	var found []Check
	for _, d := range theirs.Differences {
		if d.OfUser {
			found = append(found, e.differs("the function's", d, user, e.functionRole()))
		}
	}
	if c := e.mayLogIn(ctx, db, user); c.State != OK {
		found = append(found, c)
	}
	return found
}

// differs returns the failed check for a difference of the table or of a user, which is the
// driver's or the function's (whose). driver schema --apply cures missing rights on the table
// too; arn is the IAM role that logs in as that user.
func (e *exam) differs(whose string, d table.Difference, user, arn string) Check {
	text, cure := d.Text, d.Cure
	if strings.HasPrefix(text, "user ") {
		text = whose + " " + text
	}
	if strings.Contains(cure, "GRANT ") && !strings.Contains(cure, "GRANT CREATE ") {
		cure += ", or " + e.apply(user, arn)
	}
	return differing(failed(cure, "%s", text))
}

// differing marks c as a difference of the table.
func differing(c Check) Check {
	c.differs = true
	return c
}

// mayLogIn checks whether the function's IAM role may log in as user. admin needs no grant.
func (e *exam) mayLogIn(ctx context.Context, db *dsql.DB, user string) Check {
	role := e.functionRole()
	if role == "" || user == "admin" {
		return ok("")
	}
	arns, known, err := db.Table().Logins(ctx, user)
	switch {
	case err != nil:
		return warning("", "%s", quote.Collapse(err))
	case !known || slices.Contains(arns, role):
		return ok("")
	case len(arns) > 0:
		return warning(e.apply(user, role), "the function's IAM role %s isn't among those that may log in as %s: %s", role, user, strings.Join(arns, ", "))
	}
	return failed(e.apply(user, role), "no IAM role may log in as %s, the function's user", user)
}

// functionUser returns the database user of the function; empty on the local target and if
// it isn't known.
func (e *exam) functionUser() string {
	if e.o.Config.Target != bench.AWS {
		return ""
	}
	if f, err := e.functionAddress(); err == nil && f.URL == "" {
		return f.User
	}
	return ""
}

// functionRole returns the ARN of the function's IAM role; empty if it isn't known.
func (e *exam) functionRole() string {
	f, err := e.function()
	if err != nil {
		return ""
	}
	return aws.ToString(f.Role)
}

func (e *exam) missingTable() Check {
	if e.looksItself() {
		return warning(e.apply("", ""), "%s isn't there; the run makes it, when it may", dsql.Table)
	}
	return failed(e.apply("", ""), "%s isn't there, and a run with --verify off doesn't make it", dsql.Table)
}

// apply returns the command that creates the table and grants rights to a database role,
// which the IAM role arn may log in as. Both may be empty.
func (e *exam) apply(role, arn string) string {
	command := "driver schema --apply --database-url URL"
	if a, err := e.address(); err == nil && a.URL == "" {
		command = "driver schema --apply --cluster " + a.HostPort()
	}
	if role != "" {
		command += " --role " + role
	}
	if arn != "" {
		command += " --iam-arn " + arn
	}
	return command
}
