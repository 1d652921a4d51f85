package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/table"
)

// checkTable looks whether the table is there and as the statements need it, and
// whether the driver and the function may do with it what they do.
func (e *exam) checkTable(ctx context.Context) []Check {
	s, err := e.login()
	if err != nil {
		return []Check{skipped("not looked at without a login")}
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.Deadline)
	defer cancel()
	own, err := s.db.Table().Check(ctx, "", "SELECT", "INSERT", "DELETE")
	if err != nil {
		return []Check{e.unlessUnneeded(failed("", "%s", oneLine(err)))}
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

// user is whom the driver logs in as.
func (e *exam) user() string {
	a, _ := e.address() // it was logged in at
	return a.User
}

// functionRights is what the function's user lacks; the table itself was looked at.
func (e *exam) functionRights(ctx context.Context, db *dsql.DB, user string) []Check {
	theirs, err := db.Table().Check(ctx, user, "SELECT", "INSERT")
	switch {
	case err != nil:
		return []Check{warning("", "%s", oneLine(err))}
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

// differs is a difference of the table or of a user, who is the driver's or the function's.
// The rights that driver schema grants it cures too; arn is the IAM role that logs in as that user.
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

// differing is c, which is of the table or a right on it.
func differing(c Check) Check {
	c.differs = true
	return c
}

// mayLogIn looks whether the cluster lets the function's IAM role log in as user.
// admin needs no grant.
func (e *exam) mayLogIn(ctx context.Context, db *dsql.DB, user string) Check {
	role := e.functionRole()
	if role == "" || user == "admin" {
		return ok("")
	}
	arns, known, err := db.Table().Logins(ctx, user)
	switch {
	case err != nil:
		return warning("", "%s", oneLine(err))
	case !known || slices.Contains(arns, role):
		return ok("")
	case len(arns) > 0:
		return warning(e.apply(user, role), "the function's IAM role %s isn't among those that may log in as %s: %s", role, user, strings.Join(arns, ", "))
	}
	return failed(e.apply(user, role), "no IAM role may log in as %s, the function's user", user)
}

// functionUser is the user that the function logs in as; empty on the local
// target and where it isn't known.
func (e *exam) functionUser() string {
	if e.o.Config.Target != bench.AWS {
		return ""
	}
	if f, err := e.functionAddress(); err == nil && f.URL == "" {
		return f.User
	}
	return ""
}

// functionRole is the ARN of the role that the function runs as.
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

// apply is the command that makes the table, and rights for a role that the IAM
// role arn may log in as; both may be empty.
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
