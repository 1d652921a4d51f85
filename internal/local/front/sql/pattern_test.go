package sql

import (
	"strings"
	"testing"
	"time"
)

func TestFollows(t *testing.T) {
	for _, tt := range []struct {
		pattern, sql string
		want         bool
	}{
		{"a|b c", "B c d", true},
		{"a|b c", "c", false},
		{"a [b] c", "a c", true},
		{"a [b [c] d] e", "a b d e", true},
		{"a [b [c] d] e", "a b e", false},
		{"a [b] b", "a b", true},
		{"a NAME c", `a x."y z".w c`, true},
		{"a NAME c", "a 1 c", false},
		{"a NAME c", "a column c", false},
		{"a (...) c", "a ((b) c) c", true},
		{"a (...) c", "a b c", false},
		{"a (...) c", "a (b c", false},
		{"a ... c d", "a (c d) c, c d", true},
		{"a ... c d", "a (c d), c", false},
		{"a ( ... c", "a (b) c", false},
		{"a ( .. c", "a (b, c)", false},
		{"a ( ITEM .. c", "a (b, d c)", true},
		{"a ( ITEM c", "a (b c, d)", false},
		{"a ( ITEM c", "a (c)", true},
		{"a ( ITEM c", "a (b), c", false},
		{"a ITEM c", "a b (x, c), c", true},
		{"a !b|c d", "a x d", true},
		{"a !b|c d", "a c d", false},
		{"a !b|c", "a", false},
		{"a END", "a", true},
		{"a END", "a b", false},
		{"a b", `a "b"`, false},
		{"a b", "a 'b'", false},
		{"a b", "a /* b */ b", true},
	} {
		if got := split(tt.sql)[0].follows(tt.pattern); got != tt.want {
			t.Errorf("%q follows %q: %t", tt.sql, tt.pattern, got)
		}
	}
}

// A long statement is looked at in a time that grows as it does.
func TestLongStatements(t *testing.T) {
	const n = 100_000
	for _, start := range []string{"CREATE TABLE t (", "CREATE INDEX ASYNC ON t (", "CREATE ROLE a ", "SELECT "} {
		for _, part := range []string{"a b, ", "a ", "() "} {
			began := time.Now()
			Classify(start + strings.Repeat(part, n))
			if took := time.Since(began); took > time.Minute {
				t.Errorf("%s and %d times %q: %v", start, n, part, took)
			}
		}
	}
}
