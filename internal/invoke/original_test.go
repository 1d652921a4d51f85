package invoke_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
)

// original is an answer as the original's function gives it, with some keys in place
// of what is told otherwise.
func original(keys string) string {
	const told = `"success_count": 6, "error_count": 2, "duration_ms": 12.5, "inserts_per_second": 480.0`
	if strings.Contains(keys, "success_count") {
		return fmt.Sprintf(`{"statusCode": 200, "body": {"success": true, "result": {"duration_ms": 12, %s}}}`, keys)
	}
	return fmt.Sprintf(`{"statusCode": 200, "body": {"success": true, "result": {%s, %s}}}`, told, keys)
}

// The original's Python function answers only these keys; what becomes of the rows is
// by its own word, and how one failed it doesn't say.
func TestOriginalFunction(t *testing.T) {
	t.Parallel()
	const whole = `"success_count": 6, "error_count": 2, "duration_ms": 12.5, "inserts_per_second": 480.0, "total_inserts": %s, ` +
		`"scenario": "batch", "iterations": 5, "count": 2, "event_type": "CarCreated", "lambda_index": %d`
	text := func(result string) string {
		text, _ := json.Marshal(fmt.Sprintf(`{"success": true, "result": {%s}}`, result))
		return fmt.Sprintf(`{"statusCode": 200, "body": %s}`, text)
	}
	for name, tc := range map[string]struct {
		answer func(index int) string
		want   bench.Account
	}{
		"as it is":           {func(i int) string { return text(fmt.Sprintf(whole, "10", i)) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 12}},
		"cut short":          {func(i int) string { return text(fmt.Sprintf(whole, "8", i)) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 6, NotStarted: 6}},
		"whole floats":       {func(i int) string { return text(fmt.Sprintf(whole, "8.0", i)) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 6, NotStarted: 6}},
		"body is an object":  {func(i int) string { return original(fmt.Sprintf(`"total_inserts": 8, "lambda_index": %d`, i)) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 6, NotStarted: 6}},
		"without what it is": {func(int) string { return original(`"x": 1`) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 12}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
				_, _ = io.WriteString(w, tc.answer(inv.Index))
			})
			results, s := runAll(t, a.URL, plan(3, 3))
			for _, r := range results {
				outcome{Outcome: bench.Acknowledged}.check(t, r)
			}
			if s.Rows != tc.want {
				t.Errorf("rows %+v, want %+v", s.Rows, tc.want)
			}
			if !s.Foreign() || s.StatementLatency.Count != 0 || *s.LambdaDurationMs.Median != 12.5 || *s.LambdaThroughput.Max != 480 || s.Attempts != nil {
				t.Errorf("statements %v, %d latencies, median %v ms, at most %v/s, attempts %v", s.Statements, s.StatementLatency.Count,
					*s.LambdaDurationMs.Median, *s.LambdaThroughput.Max, s.Attempts)
			}
		})
	}
}
