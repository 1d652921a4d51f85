package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/quote"
)

// checkCluster asks for the cluster's status.
func (e *exam) checkCluster(ctx context.Context) Check {
	a, err := e.address()
	switch {
	case errors.As(err, new(*blocked)):
		return skipped("%s", err)
	case err != nil:
		return skipped("not looked at without its name: %s", oneLine(err))
	case a.ClusterID() == "":
		return skipped("%s isn't a cluster's own name", e.where(a))
	}
	access, err := e.access()
	if err != nil {
		return skipped("not looked at without credentials")
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.Deadline)
	defer cancel()
	client := sdk.NewFromConfig(access.config, func(o *sdk.Options) { o.Region = a.ClusterRegion() })
	c, err := client.GetCluster(ctx, &sdk.GetClusterInput{Identifier: aws.String(a.ClusterID())})
	if errors.As(err, new(*types.ResourceNotFoundException)) {
		return failed("aws dsql list-clusters --region "+a.ClusterRegion()+" lists those that are there", "there is no cluster %s in %s", a.ClusterID(), a.ClusterRegion())
	}
	if err != nil {
		return e.explain(err, "dsql:GetCluster")
	}
	return ofStatus(aws.ToString(c.Identifier), c.Status)
}

func ofStatus(id string, s types.ClusterStatus) Check {
	switch s {
	case types.ClusterStatusActive:
		return ok("%s is %s", id, s)
	case types.ClusterStatusIdle, types.ClusterStatusInactive:
		return warning("connect to it once before the run, or use --warm-up", "%s is %s: it wakes up with the first connections, which wait for it", id, s)
	case types.ClusterStatusCreating, types.ClusterStatusUpdating:
		return warning("aws dsql get-cluster --identifier "+id+" until it is ACTIVE", "%s is %s", id, s)
	}
	return failed("name another cluster, or make one: sam deploy (docs/aws.md)", "%s is %s", id, s)
}

// where names the database, without a URL's password.
func (e *exam) where(a address.Address) string {
	if d, err := a.Where(); err == nil {
		return fmt.Sprintf("%s:%d", d.Host, d.Port)
	}
	return "the database"
}

// port is the database's.
func (e *exam) port(a address.Address) string {
	if d, err := a.Where(); err == nil {
		return strconv.Itoa(d.Port)
	}
	return "for it"
}

// looksItself: the driver itself looks at the table, and makes it when it is missing.
func (e *exam) looksItself() bool { return e.explicit() || e.o.Config.Verify != bench.VerifyOff }

// unlessUnneeded makes a failure that only hinders the driver's own look at the
// table a warning where there is no such look.
func (e *exam) unlessUnneeded(c Check) Check {
	if c.State == Failed && !e.looksItself() {
		c.State, c.Text = Warning, c.Text+" (from here; a run with --verify off doesn't need it)"
	}
	return c
}

func (e *exam) checkConnection(context.Context) Check {
	a, err := e.reach()
	switch {
	case errors.As(err, new(*blocked)):
		if _, why := e.address(); why != nil {
			return skipped("%s", oneLine(why))
		}
		return skipped("%s", err)
	case err != nil:
		return e.unlessUnneeded(e.noConnection(err))
	}
	secured := ""
	if a.URL == "" {
		secured = ", TLS verified for " + a.Host
	}
	return ok("%s answers%s", e.where(a), secured)
}

// noConnection tells what hinders the way to the database.
func (e *exam) noConnection(err error) Check {
	a, _ := e.address() // it was tried
	text, cure := split(err)
	switch {
	case errors.As(err, new(x509.UnknownAuthorityError)): // the hint says all
	case errors.As(err, new(*tls.CertificateVerificationError)):
		cure = strings.TrimSuffix("check the name; "+cure, "; ")
	default:
		cure = strings.TrimSuffix("check the name, the network and a firewall's port "+e.port(a)+"; "+cure, "; ")
	}
	network := networkAt(err, e.where(a))
	if network == "" {
		return failed(cure, "%s", text)
	}
	c := failed(cure, "%s", network)
	if !errors.Is(err, syscall.ECONNREFUSED) && !errors.As(err, new(*tls.CertificateVerificationError)) {
		c.cause = byNetwork // not this database's alone
	}
	return c
}

// askLogin logs in, at a cluster with an IAM token.
func (e *exam) askLogin(ctx context.Context, a address.Address) (session, error) {
	if a.URL == "" {
		if _, err := e.access(); err != nil {
			return session{}, &blocked{"credentials"}
		}
	}
	// Not ctx: the pool outlives the question.
	db, err := dsql.OpenObserved(context.WithoutCancel(ctx), a, 1, nil)
	if err != nil {
		return session{}, err
	}
	e.mu.Lock()
	e.db = db
	e.mu.Unlock()
	version, err := db.Ping(ctx)
	return session{db, version}, err
}

func (e *exam) checkLogin(context.Context) Check {
	s, err := e.login()
	switch {
	case errors.As(err, new(*blocked)):
		return skipped("%s", err)
	case err != nil && failure.WakingUp(failure.Explain(err)):
		return warning("try again in a minute", "the cluster is waking up")
	case err != nil:
		text, cure := split(err)
		return e.unlessUnneeded(failed(cure, "%s", text))
	}
	a, _ := e.address() // it was logged in at
	token := ""
	if a.URL == "" {
		token = " as " + a.User + ", token accepted"
	}
	if err := s.db.Pooler().BeforeFront(); err != nil && e.o.Front {
		text, cure := split(err)
		return failed(cure, "%s", text)
	}
	if note := s.db.PoolerNote(); note != "" {
		token += "; note: " + note
	}
	return ok("PostgreSQL %s%s", s.version, token)
}

// split parts an error from its hint.
func split(err error) (text, hint string) {
	var texts, hints []string
	for _, m := range quote.Messages(err) {
		if m.Hint {
			hints = append(hints, m.Text)
		} else {
			texts = append(texts, m.Text)
		}
	}
	return strings.Join(texts, " "), strings.Join(hints, "; ")
}

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
