package setting

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the README's table of settings")

// The README has the table that markdown makes.
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
	made := head + from + markdown() + to + tail
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

// markdown returns the README's tables of all settings.
func markdown() string {
	var b strings.Builder
	for _, g := range Groups() {
		fmt.Fprintf(&b, "| %s | key in config.json | default | |\n|---|---|---|---|\n", g)
		defaults, seen := Defaults(), []string{}
		for _, s := range Table() {
			if s.Group != g || s.Flag == "" || slices.Contains(seen, s.Flag) {
				continue
			}
			seen = append(seen, s.Flag)
			standard := s.Default
			if text := s.flagValue(&defaults).String(); standard == "" && text != "" {
				standard = "`" + text + "`"
			}
			fmt.Fprintf(&b, "| `--%s` | %s | %s | %s |\n", s.Flag, keysOf(s.Flag), standard, strings.ReplaceAll(s.Help, "|", `\|`))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// keysOf returns the keys of config.json that a flag sets, in Markdown.
func keysOf(flag string) string {
	var keys []string
	for _, s := range rows(flag) {
		if s.Key != "" && !s.NotFile {
			keys = append(keys, "`"+s.Key+"`")
		}
	}
	return strings.Join(keys, ", ")
}
