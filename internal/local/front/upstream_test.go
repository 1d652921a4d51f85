package front

import (
	"context"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql/address"
)

// Before a database of the user's, the front takes a connection string as all
// others do, and says what a parameter came from that the database refuses.
func TestUpstream(t *testing.T) {
	for _, tc := range []struct{ name, extra, variable, want string }{
		{"pgx's own keys", "&default_query_exec_mode=exec&statement_cache_capacity=5", "", ""},
		{"no TCP settings", "&keepalives=1&tcp_user_timeout=7", "", ""},
		{"a pool's keys", "&pool_max_conns=1&pool_min_conns=0", "", "pool_max_conns, pool_min_conns: must be left out"},
		{"a wrong key", "&nosuch=1", "", "hint: the connection string's key nosuch: "},
		{"a wrong variable", "", "PGCONNECT_TIMEOUT=abc", "PGCONNECT_TIMEOUT = abc: must be "},
		{"one that the server judges", "", "PGTZ=xx", "hint: PGTZ = xx: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if name, value, set := strings.Cut(tc.variable, "="); set {
				t.Setenv(name, value)
			}
			o := options(t)
			o.Upstream = address.Address{URL: o.Upstream.URL + tc.extra}
			f, err := Start(context.Background(), o)
			if err == nil {
				err = f.Close()
			}
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v\nwant %s", err, tc.want)
			}
		})
	}
}
