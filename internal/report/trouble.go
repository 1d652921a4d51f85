package report

import (
	"fmt"
	"maps"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// trouble prints what went wrong without failing a statement for good.
func (t *text) trouble(s *bench.Summary) {
	if bench.Known(s.TruncatedLambdas) > 0 {
		t.entry("Truncated", "%s invocations stopped before their last statement", figure.Text(s, "truncated"))
	}
	t.kinds("Throttled", "%s x %s", s.Throttles)
	t.kinds("Tried again", "%s x %s", s.Retried)
	t.kinds("Waited for the database", "%s connections failed: %s", s.ConnectRetries)
	if bench.Known(s.Resent) > 0 {
		t.entry("Re-sent, outcome unknown", "%s statements, %s of which found their rows there", figure.CountOrAbsent(s.Resent), figure.CountOrAbsent(s.Confirmed))
	}
	if n := s.StoredElsewhere; n > 0 {
		t.entry("Stored elsewhere", "%s statements; the command tags count %s of %s acknowledged rows", figure.Count(n), figure.CountOrAbsent(s.RowsAffected), figure.Count(s.Rows.Acknowledged))
	}
}

// kinds prints a line for each kind, with its count.
func (t *text) kinds(name, format string, counts map[string]int64) {
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		t.entry(name, format, figure.Count(counts[kind]), kind)
	}
}

func (t *text) errors(s *bench.Summary) {
	if len(s.ErrorsByKind) > 0 {
		t.line("  Errors by kind:")
	}
	for _, e := range s.ErrorsByKind {
		t.line("    %-20s %10s %-10s %12s %-4s   %s", e.Kind, figure.Count(e.Statements), figure.Noun(e.Statements, "statement"), figure.Count(e.Rows), figure.Noun(e.Rows, "row"), e.Message)
		for _, advice := range AdviceIn(t.settings, e.Kind) {
			t.line("      hint: %s", advice)
		}
	}
	if s.Foreign() && s.Rows.Unknown > 0 {
		t.line("  hint: the function doesn't say what became of %s rows; %s", figure.Count(s.Rows.Unknown), t.log)
	}
	for _, kind := range slices.Sorted(maps.Keys(s.InvocationErrors)) {
		t.entry("Invocations failed", "%s x %s", figure.Count(s.InvocationErrors[kind]), kind)
		if kind == "ResourceNotFoundException" {
			t.line("    hint: the endpoint serves no function of that name: --function-name, or driver local --function-name NAME")
		}
	}
	if len(s.Errors) == 0 {
		return
	}
	if shown := int64(len(s.Errors)); s.FailedLambdas > shown {
		t.line("  Errors (the first %d of %s):", shown, figure.Count(s.FailedLambdas))
	} else {
		t.line("  Errors:")
	}
	for _, e := range grouped(s.Errors) {
		t.line("    %s", e)
	}
}

// grouped returns each error once, with the invocations that ended with it.
func grouped(all []bench.InvocationError) []string {
	var texts []string // in order
	indices := map[string][]int{}
	for _, e := range all {
		if indices[e.Error] == nil {
			texts = append(texts, e.Error)
		}
		indices[e.Error] = append(indices[e.Error], e.Index)
	}
	for i, text := range texts {
		texts[i] = fmt.Sprintf("%s: %s", lambdas(indices[text]), text)
	}
	return texts
}

// lambdas names up to three invocations: "Lambda 3", "Lambda 3 and 7",
// "Lambda 3, 7 and 8 more".
func lambdas(indices []int) string {
	switch n := len(indices); n {
	case 1:
		return fmt.Sprintf("Lambda %d", indices[0])
	case 2:
		return fmt.Sprintf("Lambda %d and %d", indices[0], indices[1])
	case 3:
		return fmt.Sprintf("Lambda %d, %d and %d", indices[0], indices[1], indices[2])
	default:
		return fmt.Sprintf("Lambda %d, %d and %d more", indices[0], indices[1], n-2)
	}
}
