package front

import (
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documented are the rows of the table of docs/dsql.md whose header's first
// column this is, without backquotes.
func documented(t testing.TB, header string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/dsql.md")
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "| "+header+" |"):
			inside = true
		case !strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "|-"):
			inside = false
		case inside && line[1] == ' ':
			var row []string
			for _, cell := range strings.Split(strings.Trim(line, "|"), " | ") {
				row = append(row, strings.Trim(strings.TrimSpace(cell), "`"))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// docs/dsql.md names, for each rule, tests that are there.
func TestDocumentNamesTests(t *testing.T) {
	there := testNames(t)
	rules := documented(t, "rule")
	for _, rule := range rules {
		names := regexp.MustCompile("`?(Test[A-Za-z]+)`?").FindAllStringSubmatch(rule[len(rule)-1], -1)
		if len(names) == 0 {
			t.Errorf("no test in: %s", rule)
		}
		for _, name := range names {
			if !there[name[1]] {
				t.Errorf("no test %s", name[1])
			}
		}
	}
	if len(rules) < 15 {
		t.Errorf("%d rules", len(rules))
	}
}

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, file := range files {
		f, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name := range f.Scope.Objects {
			there[name] = true
		}
	}
	return there
}

// Whatever the front's tables refuse is in the document.
func TestEveryRefusalIsDocumented(t *testing.T) {
	rows := documented(t, "statement")
	has := func(fits func(statement, string) bool) bool {
		for _, row := range rows {
			if fits(split(row[0])[0], row[2]) {
				return true
			}
		}
		return false
	}
	for form := range refusedForms {
		if !has(func(s statement, message string) bool { return form.fits(s, s.verb()) && message == form.message }) {
			t.Errorf("no statement of the form %q with the answer %q", form.pattern, form.message)
		}
	}
	for _, name := range strings.Fields(refusedTypes) {
		message := "datatype " + strings.ReplaceAll(name, "_v", " v") + " not supported"
		if !has(func(_ statement, got string) bool { return got == message }) {
			t.Errorf("no statement with the answer %q", message)
		}
	}
	if len(rows) < 100 {
		t.Errorf("%d statements", len(rows))
	}
}
