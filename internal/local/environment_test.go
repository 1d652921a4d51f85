package local

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Of the user's variables the function gets those that lead to what is the user's.
func TestEnvironment(t *testing.T) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		t.Setenv(name, "") // to be set again afterwards
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		"PGSSLROOTCERT", "PGPASSWORD", "SSL_CERT_FILE", "HTTPS_PROXY", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_ENDPOINT",
		"OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME", "OTEL_BSP_SCHEDULE_DELAY", "AWS_PROFILE", "DATABASE_URL", "AURORA_DSQL_ENDPOINT",
	} {
		t.Setenv(name, "theirs")
	}
	t.Setenv("LOG_LEVEL", "Debug")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "team=theirs")
	const always = "GOGC=400 GOMAXPROCS=1 GOMEMLIMIT=64MiB LOG_LEVEL=Debug OTEL_RESOURCE_ATTRIBUTES=team=theirs"
	for _, c := range []struct {
		name   string
		target Target
		want   string
	}{
		{
			"a throwaway database",
			Target{DatabaseURL: "postgres:///postgres?host=/tmp/x"},
			"DATABASE_URL=postgres:///postgres?host=/tmp/x",
		},
		{
			"the user's database",
			Target{DatabaseURL: "postgres://db/d", Options: Options{DatabaseURL: "postgres://db/d"}},
			"DATABASE_URL=postgres://db/d PGPASSWORD=theirs PGSSLROOTCERT=theirs SSL_CERT_FILE=theirs",
		},
		{
			"the user's collector",
			Target{DatabaseURL: "postgres:///postgres?host=/tmp/x", Options: Options{OTLPEndpoint: "http://collector:4317"}},
			"DATABASE_URL=postgres:///postgres?host=/tmp/x HTTPS_PROXY=theirs OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 OTEL_EXPORTER_OTLP_HEADERS=theirs SSL_CERT_FILE=theirs",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.target.Options.EnvConcurrency, c.target.Options.Rows = 1, 1
			got, want := map[string]string{}, map[string]string{}
			for to, variables := range map[*map[string]string][]string{&got: c.target.environment(), &want: strings.Fields(always + " " + c.want)} {
				for _, variable := range variables {
					name, value, _ := strings.Cut(variable, "=")
					(*to)[name] = value // the last one counts
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// A statement of the most rows takes some MiB, and many share an environment.
func TestMemoryLimit(t *testing.T) {
	for _, c := range []struct{ lanes, rows, want int }{{1, 1, 64}, {1000, 1, 564}, {1000, 100, 606}, {64, 3000, 642}, {1, 0, 73}} {
		if got := memoryLimit(&Options{EnvConcurrency: c.lanes, Rows: c.rows}) >> 20; got != c.want {
			t.Errorf("%d invocations of %d rows: %d MiB, want %d", c.lanes, c.rows, got, c.want)
		}
	}
}
