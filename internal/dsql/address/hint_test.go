package address

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql/failure"
)

// What a server or a pooler doesn't take is told of by what gave it.
func TestParameterHint(t *testing.T) {
	for _, tc := range []struct {
		variable, value string
		err             *pgconn.PgError
		want            string
	}{
		{"PGGEQO", "off", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter: geqo"}, "PGGEQO = off: " + failure.PassOver},
		{"PGOPTIONS", "-c x=geheim", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter: options"}, "PGOPTIONS: " + failure.PassOver},
		{"PGOPTIONS", "-c x=geheim", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter in options: x"}, "PGOPTIONS: " + failure.PassOver},
		{"PGOPTIONS", "-d 1", &pgconn.PgError{Code: "08P01", Message: "unsupported options startup parameter: only '-c config=val' is allowed"}, "PGOPTIONS: " + failure.PassOver},
		{"PGAPPNAME", "a", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter: y"}, "the connection string's key y: " + failure.PassOver},
		{"PGAPPNAME", "a", &pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter: z"}, failure.PassOver},
		{"PGTZ", "nowhere", &pgconn.PgError{Code: "22023", Message: `invalid value for parameter "TimeZone": "nowhere"`}, "PGTZ = nowhere: the server takes no such parameter of a session, or not with this value"},
	} {
		t.Run(tc.err.Message, func(t *testing.T) {
			t.Setenv(tc.variable, tc.value)
			if got := (Address{URL: "postgres://me@h/d?y=geheim"}).ConnectHint(tc.err); got != tc.want || !failure.RefusesParameter(tc.err) {
				t.Errorf("%s\nwant %s", got, tc.want)
			}
		})
	}
	for _, code := range []string{"28P01", "3D000", "08P01", "53300"} {
		if failure.RefusesParameter(&pgconn.PgError{Code: code, Message: "no such user"}) {
			t.Errorf("%s is taken for a parameter's", code)
		}
	}
}
