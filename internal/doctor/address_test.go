package doctor

import (
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// databaseURL is the throwaway PostgreSQL's, for a database and a user.
func databaseURL(t *testing.T, database, user string) string {
	t.Helper()
	u, err := url.Parse(os.Getenv(clusterURL))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("user", user)
	u.Path, u.RawQuery = "/"+database, q.Encode()
	return u.String()
}

// withoutSocket hides where the throwaway PostgreSQL's socket is.
func withoutSocket(text string) string {
	text = regexp.MustCompile(`/\S+/\.s\.PGSQL\.5432 \(\S+\)`).ReplaceAllString(text, "SOCKET")
	return regexp.MustCompile(`connect to /\S+:5432/`).ReplaceAllString(text, "connect to SOCKET/")
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
