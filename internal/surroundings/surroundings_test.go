package surroundings

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range All(t) {
		if seen[v.Name] {
			t.Errorf("%s stands there twice", v.Name)
		}
		seen[v.Name] = true
		if !slices.Contains([]string{"libpq", "aws", "otel", "other", "function"}, v.Set) {
			t.Errorf("%s: set %q", v.Name, v.Set)
		}
		if v.Nonsense == "" || v.Hostile == "" {
			t.Errorf("%s has not both values", v.Name)
		}
		for _, p := range v.Counts {
			if !slices.Contains([]string{"local", "url", "cluster", "aws", "telemetry"}, p.Name) {
				t.Errorf("%s: place %q", v.Name, p.Name)
			}
		}
	}
}

// The list has every variable that the source of the libraries names. A new version of a
// library may add one.
func TestListIsComplete(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, v := range All(t) {
		names[v.Name] = true
	}
	const aws, otel, exporter = `"(AWS_[A-Z0-9_]+|_X_AMZN_[A-Z_]+)"`, `"(OTEL_[A-Z0-9_]*[A-Z0-9])"`, `\("((?:TRACES_|METRICS_)?[A-Z]+)",`
	const feature = `[{ ]"([A-Z_]*[A-Z])"[,}]`
	for _, source := range []struct{ module, under, pattern, prefix string }{
		{"github.com/jackc/pgx/v5", "pgconn", `"(PG[A-Z_]+)"`, ""},
		{"github.com/aws/aws-sdk-go-v2", "aws", aws, ""},
		{"github.com/aws/aws-sdk-go-v2", "internal", aws, ""},
		{"github.com/aws/aws-sdk-go-v2/config", ".", aws, ""},
		{"github.com/aws/aws-sdk-go-v2/feature/ec2/imds", ".", aws, ""},
		{"github.com/aws/aws-lambda-go", "lambda", `(?:Getenv|LookupEnv)\("([A-Z0-9_]+)"\)`, ""},
		{"go.opentelemetry.io/otel/sdk", ".", otel, ""},
		{"go.opentelemetry.io/otel/sdk/metric", ".", otel, ""},
		{"go.opentelemetry.io/otel/sdk", "internal/x", feature, "OTEL_GO_X_"},
		{"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc", "internal/otlpconfig", exporter, "OTEL_EXPORTER_OTLP_"},
		{"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc", "internal/oconf", exporter, "OTEL_EXPORTER_OTLP_"},
	} {
		found := named(t, source.module, source.under, regexp.MustCompile(source.pattern))
		if len(found) == 0 {
			t.Errorf("%s/%s names no variable any more: where does it now?", source.module, source.under)
		}
		for name, file := range found {
			if name = source.prefix + name; !names[name] {
				t.Errorf("%s, which %s names in %s, is missing in variables.csv", name, source.module, file)
			}
		}
	}
}

// named returns the matches of pattern in a module's source without its tests, each with
// its file.
func named(t *testing.T, module, under string, pattern *regexp.Regexp) map[string]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("%s: %v", module, err)
	}
	folder, found := filepath.Join(strings.TrimSpace(string(out)), under), map[string]string{}
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range pattern.FindAllStringSubmatch(string(text), -1) {
			found[match[1]] = filepath.Base(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
