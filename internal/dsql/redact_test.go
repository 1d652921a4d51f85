package dsql_test

import (
	"strings"
	"testing"

	"dsql-load-test/internal/dsql"
)

func TestRedacted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ address, want string }{
		{"postgres:///postgres?user=postgres&host=/tmp/a", "postgres:///postgres?user=postgres&host=/tmp/a"},
		{"postgres://me@localhost:5433/test", "postgres://me@localhost:5433/test"},
		{"postgres://me:geheim@localhost/test?sslmode=disable", "postgres://me:xxxxx@localhost/test?sslmode=disable"},
		{"postgresql://me:ge%40heim@a,b:5433/test", "postgresql://me:xxxxx@a,b:5433/test"},
		{"postgres://me@h/test?password=geheim&passfile=/home/me/.pgpass", "postgres://me@h/test?password=xxxxx&passfile=/home/me/.pgpass"},
		{"postgres://me@h/test?sslkey=k&sslpassword=geheim", "postgres://me@h/test?sslkey=k&sslpassword=xxxxx"},
		{"postgres://me@h/test?pass%77ord=geheim", "postgres://me@h/test?pass%77ord=xxxxx"},
		{"host=h user=me password=geheim dbname=test", "host=h user=me password=xxxxx dbname=test"},
		{"host=h password = geheim", "host=h password =xxxxx"},
		{`password='ge\'heim x' host=h`, `password=xxxxx host=h`},
		{`password=ge\ heim host=h`, `password=xxxxx host=h`},
		{"PASSWORD=geheim", "PASSWORD=xxxxx"},
		{"sslpassword='geheim' passfile=/p host=h", "sslpassword=xxxxx passfile=/p host=h"},
		{"password=my geheim", "password=xxxxx xxxxx"},
		{"mysql://me:geheim@h/test", "...@h/test"},
		{"foo", "foo"},
		{"", ""},
	} {
		t.Run(tc.address, func(t *testing.T) {
			if got := dsql.Redacted(tc.address); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if _, err := (dsql.Address{URL: tc.address + " x"}).Where(); err != nil && strings.Contains(err.Error(), "geheim") {
				t.Errorf("its error tells: %v", err)
			}
		})
	}
}
