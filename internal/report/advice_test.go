package report

import (
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
)

func TestAdvice(t *testing.T) {
	for kind, want := range map[string]string{
		"42P01": "driver schema --apply", "42703": "driver schema --apply", "23502": "driver schema --apply", "22001": "driver schema --apply", "42501": "--iam-arn",
		"25006": "default_transaction_read_only", "28000": "password", "28P01": "password", "3D000": "no such database", "23503": "in a note", "23514": "in a note", "P0001": "in a note", "already_present": "twice", "not_stored": "trigger", "not_checked": "SELECT",
		"57014": "SHOW statement_timeout", "55P03": "SHOW lock_timeout", "57P05": "idle_session_timeout", "25P03": "idle_in", "25P04": "transaction_timeout",
		"42P05": "default_query_exec_mode=cache_describe", "26000": "default_query_exec_mode=cache_describe", "08P01": "pooler",
	} {
		if got := adviceOn(kind); !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", kind, got, want)
		}
	}
	for _, kind := range []string{"", "timeout", "57P01", "28"} {
		if got := adviceOn(kind); got != "" {
			t.Errorf("%q: %q", kind, got)
		}
	}
}

// One is not many, and the messages stand below one another.
func TestErrorsByKind(t *testing.T) {
	x := &text{}
	x.errors(&bench.Summary{ErrorsByKind: []bench.ErrorCount{{Kind: "57P01", Statements: 1, Rows: 1, Message: "first"}, {Kind: "57P02", Statements: 1200, Rows: 2, Message: "second"}}})
	want := "  Errors by kind:\n" +
		"    57P01                         1 statement             1 row    first\n" +
		"    57P02                     1,200 statements            2 rows   second\n"
	if got := x.b.String(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
