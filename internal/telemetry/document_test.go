package telemetry

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

const document = "../../docs/telemetry.md"

// The tables of metrics and attributes in docs/telemetry.md are those of the code:
// go test ./internal/telemetry -run TestDocument -update writes them.
func TestDocument(t *testing.T) {
	have, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	want := withTable(t, string(have), "## Metrics", metricRows())
	want = withTable(t, want, "## Attributes", attributeRows())
	if want == string(have) {
		return
	}
	if !*update {
		t.Fatalf("%s doesn't have the tables of this package: -update writes them", document)
	}
	if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// update is a flag of the test program: -update writes golden files.
var update = flag.Bool("update", false, "write docs/telemetry.md")

// withTable replaces the rows of the first table below a heading.
func withTable(t *testing.T, document, heading string, rows []string) string {
	t.Helper()
	before, below, found := strings.Cut(document, heading+"\n")
	table := regexp.MustCompile(`(?m)^\|---.*\n((?:\|.*\n)*)`).FindStringSubmatchIndex(below)
	if !found || table == nil {
		t.Fatalf("no table below %s", heading)
	}
	return before + heading + "\n" + below[:table[2]] + strings.Join(rows, "\n") + "\n" + below[table[3]:]
}

func metricRows() (rows []string) {
	for _, m := range Metrics() {
		rows = append(rows, strings.ReplaceAll(fmt.Sprintf("| `%s` | %s | %s | %s | %s |", m.Name, m.Kind, m.Unit, m.By, strings.TrimSpace(m.Description+" "+m.note)), "|  |", "| |"))
	}
	return rows
}

func attributeRows() (rows []string) {
	for _, a := range Attributes() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", a.Key, a.On, a.Meaning))
	}
	return rows
}

// Each attribute of a Lambda's points, and each constant key, is documented once.
func TestAttributesAreOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range Attributes() {
		if seen[string(a.Key)] || a.On == "" || a.Meaning == "" {
			t.Errorf("%+v: twice, or not documented", a)
		}
		seen[string(a.Key)] = true
	}
	for id, m := range Metrics() {
		if m.Name == "" || m.Description == "" || m.By == 0 {
			t.Errorf("metric %d has no row", id)
		}
		if m.Label != "" && !seen[string(m.Label)] {
			t.Errorf("%s has a label %s that isn't in the table of attributes", m.Name, m.Label)
		}
	}
}
