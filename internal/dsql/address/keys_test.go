package address_test

import (
	"cmp"
	"context"
	"maps"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/dsqltest"
)

// What is known of a parameter that the server refuses is which variable or key gave it.
func TestRefusedParameters(t *testing.T) {
	withoutVariables(t)
	const refused = ": the server takes no such parameter of a session, or not with this value"
	for _, tc := range []struct{ variable, value, extra, want string }{
		{"PGTZ", "xx", "", "PGTZ = xx" + refused},
		{"PGDATESTYLE", "xx", "", "PGDATESTYLE = xx" + refused},
		{"PGGEQO", "xx", "", "PGGEQO = xx" + refused},
		{"PGOPTIONS", "-c nosuch=1", "", "PGOPTIONS" + refused},
		{"PGOPTIONS", "-c statement_timeout=x", "", "PGOPTIONS" + refused},
		{"PGOPTIONS", "-q", "", "PGOPTIONS" + refused},
		{"PGTZ", "UTC", "&TimeZone=xx", "the connection string's key TimeZone = xx" + refused},
		{"PGTZ", "UTC", "&nosuch=geheim", "the connection string's key nosuch" + refused},
		{"PGTZ", "UTC", "&options=-c%20nosuch%3D1", "the connection string's key options" + refused},
		{"PGOPTIONS", "-c my.key=geheim", "&target_session_attrs=read-only", "look at what counts for the connection: PGOPTIONS"},
		{"PGTARGETSESSIONATTRS", "read-only", "", "look at what counts for the connection: PGTARGETSESSIONATTRS = read-only"},
	} {
		t.Run(cmp.Or(tc.extra, tc.variable), func(t *testing.T) {
			t.Setenv(tc.variable, tc.value)
			db, err := dsql.Open(context.Background(), dsqltest.URL(t, "postgres", "postgres")+tc.extra, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			_, err = db.Ping(context.Background())
			if err == nil || !strings.HasSuffix(err.Error(), "\nhint: "+tc.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%v\nwant %s", err, tc.want)
			}
		})
	}
}

// The keys of pgx's pools are refused, all at once; its others are its own.
func TestKeys(t *testing.T) {
	withoutVariables(t)
	const (
		pool = ": must be left out of the connection string, because the suite sizes its pools itself"
		mode = ": must be cache_statement, cache_describe, describe_exec, exec or simple_protocol"
	)
	service := write(t, t.TempDir()+"/services", "[pooled]\nhost=h\npool_max_conns=3\n")
	for at, want := range map[string]string{
		"postgres://me@h/d?pool_max_conns=1": "pool_max_conns" + pool,
		"postgres://me@h/d?pool_max_conns=x&pool_min_conns=1&pool_new=1&default_query_exec_mode=x": "default_query_exec_mode = x" + mode + "\npool_max_conns, pool_min_conns, pool_new" + pool,
		"host=h pool_max_conn_lifetime=1h pool_health_check_period=1m":                             "pool_health_check_period, pool_max_conn_lifetime" + pool,
		"host=h password='geheim://b":         "database URL: a quote in it isn't closed\nhint: a value with blanks, ' or \\ stands in single quotes, with a \\ before each ' and \\; or leave the password out and set PGPASSWORD",
		"service=pooled":                      "pool_max_conns" + pool,
		"host=h default_query_exec_mode=''":   `default_query_exec_mode = ""` + mode,
		"host=h statement_cache_capacity=0":   "statement_cache_capacity = 0: must be 1 or more with default_query_exec_mode = cache_statement",
		"host=h description_cache_capacity=x": "description_cache_capacity = x: must be 0 or more with default_query_exec_mode = cache_statement",
		"host=h default_query_exec_mode=cache_describe description_cache_capacity=0":                        "description_cache_capacity = 0: must be 1 or more with default_query_exec_mode = cache_describe",
		"host=h default_query_exec_mode=exec statement_cache_capacity=0 description_cache_capacity=0 a_b=c": "",
	} {
		t.Run(at, func(t *testing.T) {
			t.Setenv("PGSERVICEFILE", service)
			c, err := address.Address{URL: at}.Server()
			switch {
			case want == "" && (err != nil || !maps.Equal(c.RuntimeParams, map[string]string{"a_b": "c"})):
				t.Errorf("%v, %v", err, c)
			case want != "" && (err == nil || err.Error() != want):
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
}
