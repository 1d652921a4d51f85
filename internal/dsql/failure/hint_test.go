package failure

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// What a cluster says when it lets nobody in comes with what to do.
func TestConnectHint(t *testing.T) {
	t.Parallel()
	denied := "unable to accept connection, access denied"
	for _, tc := range []struct {
		name string
		err  error
		want string // part of the hint; empty for none
	}{
		{"expired", &pgconn.PgError{Code: "08006", Message: denied, Hint: "Signature expired: 1 is now earlier than 2"}, "check this machine's clock"},
		{"no right", &pgconn.PgError{Code: "08006", Message: denied, Hint: "User: arn:aws:iam::1:role/x is not authorized to access this resource"}, "driver schema --role"},
		{"wrong action", &pgconn.PgError{Code: "08006", Message: denied, Hint: "Wrong user to action mapping. user: admin, action: DbConnect"}, "dsql:DbConnectAdmin"},
		{"paused", &pgconn.PgError{Code: "08006", Message: "unable to accept connection, waking up cluster, please retry later"}, "try again in a minute"},
		{"too many", &pgconn.PgError{Code: "53300", Message: "Unable to accept connection, too many open connections."}, "raise its quota"},
		{"no credentials", &NoToken{errors.New("none")}, "aws sts get-caller-identity"},
		{"syntax", &pgconn.PgError{Code: "42601", Message: "syntax error"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := ConnectHint(tc.err)
			if (tc.want == "") != (got == "") || !strings.Contains(got, tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
