package dsql

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// What a server or a pooler doesn't take is told of by what gave it.
func TestParameterHint(t *testing.T) {
	for _, tc := range []struct {
		variable, value string
		err             *pgconn.PgError
		want            string
	}{
		{"PGGEQO", "off", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter: geqo"}, "PGGEQO = off: " + passOver},
		{"PGOPTIONS", "-c x=geheim", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter: options"}, "PGOPTIONS: " + passOver},
		{"PGOPTIONS", "-c x=geheim", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter in options: x"}, "PGOPTIONS: " + passOver},
		{"PGOPTIONS", "-d 1", &pgconn.PgError{Code: "08P01", Message: "unsupported options startup parameter: only '-c config=val' is allowed"}, "PGOPTIONS: " + passOver},
		{"PGAPPNAME", "a", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter: y"}, "the connection string's key y: " + passOver},
		{"PGAPPNAME", "a", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter: z"}, passOver},
		{"PGTZ", "nowhere", &pgconn.PgError{Code: "22023", Message: `invalid value for parameter "TimeZone": "nowhere"`}, "PGTZ = nowhere: the server takes no such parameter of a session, or not with this value"},
	} {
		t.Run(tc.err.Message, func(t *testing.T) {
			t.Setenv(tc.variable, tc.value)
			if got := (Address{URL: "postgres://me@h/d?y=geheim"}).connectHint(tc.err); got != tc.want || !RefusesParameter(tc.err) {
				t.Errorf("%s\nwant %s", got, tc.want)
			}
		})
	}
	for _, code := range []string{"28P01", "3D000", "08P01", "53300"} {
		if RefusesParameter(&pgconn.PgError{Code: code, Message: "no such user"}) {
			t.Errorf("%s is taken for a parameter's", code)
		}
	}
}

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
		{"no credentials", &tokenError{errors.New("none")}, "aws sts get-caller-identity"},
		{"syntax", &pgconn.PgError{Code: "42601", Message: "syntax error"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := connectHint(tc.err)
			if (tc.want == "") != (got == "") || !strings.Contains(got, tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
