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

// docs/dsql.md names, for each rule, tests that are there.
func TestDocumentNamesTests(t *testing.T) {
	text, err := os.ReadFile("../../../docs/dsql.md")
	if err != nil {
		t.Fatal(err)
	}
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
	rules := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| rule") {
			continue
		}
		rules++
		names := regexp.MustCompile("`(Test[A-Za-z]+)`").FindAllStringSubmatch(line, -1)
		if len(names) == 0 {
			t.Errorf("no test in: %s", line)
		}
		for _, name := range names {
			if !there[name[1]] {
				t.Errorf("no test %s", name[1])
			}
		}
	}
	if rules < 15 {
		t.Errorf("%d rules", rules)
	}
}
