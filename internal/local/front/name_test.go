package front

import (
	"context"
	"testing"
)

// A client's application_name is that of the server's session while it works for the client.
func TestApplicationName(t *testing.T) {
	f := start(t, func(o *Options) { o.ServerConns = 1 })
	named := startNamed(t)
	for _, c := range []struct {
		front             *Front
		extra, show, seen string
	}{
		{f, "application_name=dsqlload/01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", "dsqlload/01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", "dsqlload/01KAQ2V8ZZ5M2N0Q3R4S5T6V7W"},
		{f, "", "dsql-front", "dsql-front"},
		{f, "application_name=it's%20me", "it's me", "it's me"},
		{named, "application_name=a", "mine", "mine"},
	} {
		client := connect(t, c.front, c.extra)
		var show, seen string
		err := client.QueryRow(context.Background(), "SELECT current_setting('application_name'), (SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid())").Scan(&show, &seen)
		if err != nil || show != c.show || seen != c.seen {
			t.Errorf("%s: %q, pg_stat_activity %q, %v; want %q and %q", c.extra, show, seen, err, c.show, c.seen)
		}
	}
}

// startNamed starts a front whose user named the connections to the server.
func startNamed(t *testing.T) *Front {
	t.Helper()
	return start(t, func(o *Options) { o.Upstream.URL += "&application_name=mine" })
}
