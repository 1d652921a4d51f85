package setting

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the README's table of settings")

// The README's table is made of the table of settings.
func TestReadme(t *testing.T) {
	const file, from, to = "../../../README.md", "<!-- settings: go test ./internal/bench/setting -update -->\n\n", "<!-- end of settings -->\n"
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(old), from)
	_, tail, found := strings.Cut(rest, to)
	if !found {
		t.Fatal("README.md has no table of settings")
	}
	made := head + from + Markdown() + to + tail
	if *update {
		if err := os.WriteFile(file, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(made, string(old)); diff != "" {
		t.Errorf("-made +file\n%s", diff)
	}
}
