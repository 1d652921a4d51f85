package postgres

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// The server's programs read libpq's variables and more by themselves: they get none.
func TestServerEnvironment(t *testing.T) {
	for _, name := range []string{"PGDATA", "PGPORT", "PGDATESTYLE", "PGTZ", "PGCLIENTENCODING", "PGOPTIONS", "PG_COLOR", "OPENSSL_CONF", "ICU_DATA", "KRB5_CONFIG"} {
		t.Setenv(name, "xx")
	}
	t.Setenv("LC_ALL", "xx")
	t.Setenv("TZ", "xx")
	env := (&cluster{}).command(context.Background(), "initdb").Env
	of := map[string]string{}
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		of[name] = value // the last one counts
	}
	if of["LC_ALL"] != "C" || of["TZ"] != "UTC" || slices.ContainsFunc(env, func(variable string) bool {
		return !strings.HasPrefix(variable, "TZ=") && !strings.HasPrefix(variable, "LC_ALL=") && strings.HasSuffix(variable, "=xx")
	}) {
		t.Errorf("%q", env)
	}
}
