package front

import (
	"errors"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"testing"

	"dsql-load-test/internal/local/front/sql/sqltest"
)

// docs/dsql.md names, for each rule, tests that are there.
func TestDocumentNamesTests(t *testing.T) {
	there := testNames(t)
	rules := sqltest.Rows(t, "rule")
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
	here, err := filepath.Glob("*_test.go")
	below, err2 := filepath.Glob("*/*_test.go")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, file := range append(here, below...) {
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
