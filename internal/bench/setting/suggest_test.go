package setting

import (
	"errors"
	"testing"

	"dsql-load-test/internal/suggest"
)

func TestClosest(t *testing.T) {
	for _, c := range []struct {
		name, word string
		known      []string
		before     string
		want       string
	}{
		{"flag", "num-lambda", Flags(), "--", "wrong\nhint: did you mean --num-lambdas?"},
		{"two letters swapped", "iteratoins", Flags(), "--", "wrong\nhint: did you mean --iterations?"},
		{"variable", "TRESHOLD", []string{"THRESHOLD", "SLOW"}, VariablePrefix, "wrong\nhint: did you mean DSQLLOAD_THRESHOLD?"},
		{"key", "scenario_1.num_lambda", fileKeys(), "", "wrong\nhint: did you mean scenario_1.num_lambdas?"},
		{"part of a key", "slow", fileKeys(), "", "wrong\nhint: did you mean slow_ms?"},
		{"key of another case", "Region", fileKeys(), "", "wrong\nhint: did you mean region?"},
		{"command", "verfy", []string{"run", "verify", "report"}, "driver ", "wrong\nhint: did you mean driver verify?"},
		{"short", "X", []string{"OUT", "JSON"}, VariablePrefix, "wrong"},
		{"empty", "", []string{"OUT", "JSON"}, VariablePrefix, "wrong"},
		{"half of the letters", "NOPE", []string{"ROLE"}, VariablePrefix, "wrong"},
		{"nothing near", "no-such-flag", Flags(), "--", "wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := suggest.Hint(errors.New("wrong"), c.word, c.known, c.before).Error(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
