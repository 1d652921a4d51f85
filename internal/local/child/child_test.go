package child

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A child gets what any program needs, and nothing else that is set around it.
func TestEnvironment(t *testing.T) {
	for _, variable := range []string{
		"PGSERVICE=nosuch", "PGDATA=/none", "AWS_PROFILE=nosuch", "AWS_SECRET_ACCESS_KEY=geheim", "OTEL_SDK_DISABLED=xx", "GRPC_GO_LOG_SEVERITY_LEVEL=info",
		"DATABASE_URL=postgres://me:geheim@db", "DSQLLOAD_NUM_LAMBDAS=5", "HTTPS_PROXY=http://me:geheim@proxy", "SSL_CERT_FILE=/none", "LD_PRELOAD=/none.so",
		"GOMAXPROCS=7", "GOGC=off", "_LAMBDA_SERVER_PORT=1", "GIT_DIR=/none", "LCX=1", "PATHS=1",
		"PATH=/bin", "TMPDIR=/var/tmp", "LC_TIME=de_DE", "TZ=xx", "GODEBUG=x=1", "LD_LIBRARY_PATH=/opt/lib",
	} {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	p, err := Command("some", "GOGC=400", "TZ=UTC")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, variable := range p.Env {
		name, value, _ := strings.Cut(variable, "=")
		if !slices.Contains([]string{"HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "GOTRACEBACK", "GOCOVERDIR", "GORACE"}, name) {
			got[name] = value // the last one counts
		}
	}
	want := map[string]string{
		"PATH": "/bin", "TMPDIR": "/var/tmp", "LC_TIME": "de_DE", "TZ": "UTC", "GODEBUG": "x=1", "LD_LIBRARY_PATH": "/opt/lib",
		"GOGC": "400", variable: "some",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
