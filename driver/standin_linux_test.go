package main

import (
	"net/http"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
)

// Prices of another region are marked as such wherever a cost is shown, first of all
// where --max-cost is judged by them.
func TestAtAnotherRegionsPrices(t *testing.T) {
	const standIn = "at us-east-1's prices: no price for eu-west-1 here"
	database := "postgres:///postgres?user=postgres&host=" + startDatabase(t)
	accountThatInvokes(t, database, func(*http.Request) {})
	t.Setenv("AWS_REGION", "")
	of := []string{
		"run", "--target", "aws", "--region", "eu-west-1", "--num-lambdas", "4", "--iterations", "1", "--count", "2", "--concurrency", "2", "--warm-up", "2",
		"--telemetry", "off", "--database-url", database, "--architecture", "arm64",
	}
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string // on stdout or stderr
	}{
		{"dry run", []string{"--dry-run", "--max-cost", "1"}, exitComplete, "Estimated cost (" + standIn + ", list of 2026-07)\n  NOTE: --max-cost = 1 is judged " + standIn + "\n"},
		{"dry run without a limit", []string{"--dry-run"}, exitComplete, "Estimated cost (" + standIn + ", list of 2026-07)\n  Lambda requests"},
		{"dry run as JSON", []string{"--dry-run", "--json", "--max-cost", "1"}, exitComplete, `"note": "--max-cost = 1 is judged ` + standIn},
		{"too dear", []string{"--max-cost", "0.000001"}, exitUsage, "(" + standIn + "), which is more"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, stdout, stderr := drive(append(of, tc.args...)...)
			if code != tc.code || !strings.Contains(stdout+stderr, tc.want) {
				t.Errorf("exit code %d, want %d and %s\n%s%s", code, tc.code, tc.want, stdout, stderr)
			}
		})
	}
	if code, stdout, stderr := drive("run", "--dry-run", "--target", "local", "--region", "eu-west-1"); code != exitComplete || !strings.Contains(stdout, "The same plan on AWS ("+standIn+", list of") {
		t.Errorf("local: exit code %d\n%s%s", code, stdout, stderr)
	}
	out := t.TempDir()
	code, stdout, stderr := drive(append(of, "--max-cost", "1", "--out", out)...)
	if code != exitComplete || !strings.Contains(stderr, "("+standIn+", list of 2026-07)\n") || !strings.Contains(stderr, "note: --max-cost = 1 is judged "+standIn+"\n") {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	file := resultsFiles(out)[0]
	r, err := readRecord(file)
	if err != nil {
		t.Fatal(err)
	}
	noted := false
	for _, reason := range r.Verdict.Reasons {
		noted = noted || reason.Severity == bench.Note && reason.Text == "the cost is "+standIn+", and max_cost_usd = 1 was compared with that"
	}
	if !noted {
		t.Errorf("the verdict has no note: %+v", r.Verdict)
	}
	if w := r.Run.WarmUp; w == nil || w.Billed == nil || w.Billed.Invocations != 2 || w.Billed.Inits == 0 || w.Billed.InitSeconds() <= 0 {
		t.Errorf("the warm-up, billed: %+v", w)
	}
	if c := r.Cost; c == nil || c.Actual == nil || c.Actual.InitGBSeconds == nil || *c.Actual.InitGBSeconds <= 0 || *c.Actual.InitGBSeconds >= c.Actual.GBSeconds {
		t.Errorf("the starts are not in the bill: %+v", r.Cost)
	}
	for format, want := range map[string]string{
		"text": "Cost (USD, " + standIn, "html": "Cost, at us-east-1&#39;s prices: no price for eu-west-1 here", "markdown": standIn, "junit": "no price for eu-west-1 here", "json": standIn,
	} {
		if code, stdout, stderr := drive("report", file, "--format", format, "--out", "-"); code != exitComplete || !strings.Contains(stdout, want) {
			t.Errorf("%s lacks %s, exit code %d %s", format, want, code, stderr)
		}
	}
}
