package quote_test

import (
	"os/exec"
	"testing"

	"dsql-load-test/internal/quote"
)

// Each path is read back by a shell, and has the form that a reader sees.
func TestPath(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is needed: not every sh knows $'...'")
	}
	for path, want := range map[string]string{
		"/tmp/a-b/results_1.json": "/tmp/a-b/results_1.json", ".": ".", "a%20b": "a%20b",
		"": "''", "a b": "'a b'", "it's": `'it'\''s'`, `say "x"`: `'say "x"'`, "$HOME": "'$HOME'", "a;b&c": "'a;b&c'", "#a": "'#a'", "~": "'~'", "*": "'*'", "a=b": "'a=b'",
		`back\slash`: `'back\slash'`, "größe": "'größe'", "a\nb": `$'a\nb'`, "a\n'\\é": `$'a\n\'\\\303\251'`, "\xff": `$'\377'`, "\x1b1": `$'\0331'`, "\u202e": `$'\342\200\256'`,
	} {
		got := quote.Path(path)
		if got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
		if line := quote.Line(got); line != got {
			t.Errorf("%q: %s is no line, but %s", path, got, line)
		}
		if out, err := exec.Command(shell, "-c", "printf %s "+got).Output(); err != nil || string(out) != path {
			t.Errorf("%q: a shell reads %q, %v", path, out, err)
		}
	}
	if got := quote.Path("-x"); got != "./-x" {
		t.Errorf("-x: %s", got)
	}
}
