package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/bench/judge"
)

// A value that no record can have is refused with its file, line, column, key, and
// what is allowed.
func TestReadHostile(t *testing.T) {
	text, err := os.ReadFile("testdata/everything.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	for _, c := range []struct{ name, old, now, want string }{
		{"lambdas below", `"num_lambdas": 3`, `"num_lambdas": -5`, `:20:21: run.config.scenario_1.num_lambdas is -5, must be 1 to 100000`},
		{"no lambdas", `"num_lambdas": 3`, `"num_lambdas": 0`, `:20:21: run.config.scenario_1.num_lambdas is 0, must be 1 to 100000`},
		{"lambdas above", `"num_lambdas": 3`, `"num_lambdas": 1000000000000`, `:20:21: run.config.scenario_1.num_lambdas is 1000000000000, must be 1 to 100000`},
		{"lambdas with an exponent", `"num_lambdas": 3`, `"num_lambdas": 1e12`, `:20:27: run.config.scenario_1.num_lambdas is the number 1e12, must be a whole number without an exponent`},
		{"lambdas beyond 64 bits", `"num_lambdas": 3`, `"num_lambdas": 99999999999999999999`, `run.config.scenario_1.num_lambdas is the number 99999999999999999999, must be a whole number within -9223372036854775808 to 9223372036854775807`},
		{"a fraction", `"num_lambdas": 3`, `"num_lambdas": 3.5`, `run.config.scenario_1.num_lambdas is the number 3.5, must be a whole number`},
		{"null lambdas", `"num_lambdas": 3`, `"num_lambdas": null`, `:20:21: run.config.scenario_1.num_lambdas is 0, must be 1 to 100000`},
		{"iterations", `"iterations": 10`, `"iterations": 1000001`, `run.config.scenario_1.iterations is 1000001, must be 1 to 1000000`},
		{"count", `"count": 1,`, `"count": 100001,`, `run.config.scenario_1.count is 100001, must be 1 to 100000`},
		{"more rows than any run", `"iterations": 10,
        "count": 1,`, `"iterations": 1000000,
        "count": 100000,`, `run.config.scenario_1 is 3 invocations x 1000000 iterations x 100000 = 300000000000 rows, must be at most 1000000000 rows`},
		{"warm-up", `"warm_up_invocations": 1000`, `"warm_up_invocations": 10001`, `run.config.warm_up_invocations is 10001, must be 0 to 10000`},
		{"seed of the configuration", `"seed": 0,`, `"seed": 9007199254740992,`, `run.config.seed is 9007199254740992, must be 0 to 9007199254740991`},
		{"one scenario many times", `"individual",
        "batch"`, `"individual",
        "individual"`, `run.config.scenarios is individual, individual, must be 1, 2 or both`},
		{"unknown event type", `"event_type": "CarCreated"`, `"event_type": "CarSold"`, `run.config.event_type is CarSold, must be one of CarCreated, LoanCreated`},
		{"a number beyond float64", `"duration_seconds": 2.5`, `"duration_seconds": 1e400`, `:8:29: run.duration_seconds is the number 1e400, must be within -1.8e308 to 1.8e308`},
		{"one in a list", `"second": 0`, `"second": 1e400`, `scenario_1.timeline[0].second is the number 1e400, must be within`},
		{"a negative number in a list", `"second": 0`, `"second": -1`, `scenario_1.timeline[0].second is -1, must be 0 to 1000000000`},
		{"a duration that overflows", `"duration_seconds": 2.5`, `"duration_seconds": 1e300`, `:8:22: run.duration_seconds is 1e+300, must be 0 to 9000000000000`},
		{"no event type", `"event_type": "CarCreated"`, `"event_type": ""`, `run.config.event_type is "", must be one of CarCreated, LoanCreated`},
		{"unknown target", `"target": "aws"`, `"target": "gcp"`, `:9:12: run.target is "gcp", must be one of local, aws`},
		{"unknown verdict", `"word": "INVALID"`, `"word": "GREAT"`, `verdict.word is "GREAT", must be one of VALID, SUSPECT, INVALID, NOTE`},
		{"an id that is a path", `"id": "01M8`, `"id": "../8`, `:4:8: run.id is "../850BJEVW2N143JB0YS2GE2T", must be a run's id, 1 to 64 letters and digits`},
		{"a time of another age", `"ended_at": "2026`, `"ended_at": "9999`, `:7:14: run.ended_at is 9999-11-23T20:00:02Z, must be a time of 1970 to 2199`},
		{"a time in a list", `"at": "2026`, `"at": "x2026`, `must be a time such as "2026-11-23T20:00:00Z"`},
		{"a list for an object", `"run": {`, `"run": [], "x": {`, `run.id is missing`},
		{"a scenario that was not asked for", `"individual",
        "batch"`, `"batch"`, `run.config.scenarios is batch, must be a list that includes individual, which has results`},
		{"key twice in a list", `"second": 0,`, `"second": 0, "second": 0,`, `key "scenario_1.timeline[0].second" appears twice`},
		{"byte order mark", good[:1], "\xef\xbb\xbf" + good[:1], `:1:1: not JSON: begins with a byte order mark, must be UTF-8 without one`},
		{"UTF-16", good[:1], "\xff\xfe" + good[:1], `:1:1: not JSON: is UTF-16, must be UTF-8`},
		{"not UTF-8", `"target": "aws"`, "\"target\": \"\xffws\"", `:9:16: not JSON: the byte 0xff is not UTF-8`},
		{"nested without end", `"run": {`, `"run": ` + strings.Repeat(`{"a":`, 200), `nested more than 100 deep`},
		{"lists in lists", `"run": {`, `"x": ` + strings.Repeat("[", 200), `nested more than 100 deep`},
		{"a list without end", `"run": {`, `"x": [` + strings.Repeat("0,", 500_001), `the lists have more than 500000 entries`},
		{"keys without end", `"run": {`, manyKeys(10_001), `more than 10000 keys`},
		{"too many thresholds", `"thresholds": [`, `"thresholds": [` + strings.Repeat(`"",`, 2000), `run.config.thresholds is a list of 20`},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(good, c.old, c.now, 1)
			if changed == good {
				t.Fatalf("no %s in the file", c.old)
			}
			path := put(t, changed)
			_, err := Read(path)
			if err == nil || !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nhas no %s", err, c.want)
			}
		})
	}
}

// The rows that a verification names are held against the plan and the counts.
func TestReadHostileRows(t *testing.T) {
	text, err := os.ReadFile("testdata/lost.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	if _, err := Read(put(t, good)); err != nil {
		t.Fatal(err)
	}
	const first = "verification.lost_rows[0]."
	for _, c := range []struct{ name, old, now, want string }{
		{"no id", `"id": "6f6e6520-6c6f-8374-a069-640000000000"`, `"id": "x"`, first + `id is "x", must be a UUID`},
		{"an id with a line", `"id": "6f6e6520-6c6f-8374-a069-640000000000"`, `"id": "6f6e6520-6c6f-8374-a069-64000000000\n"`, first + `id is "6f6e6520-6c6f-8374-a069-64000000000\n", must be a UUID`},
		{"no scenario", `"scenario": "batch",
        "lambda_index": 4,`, `"scenario": "",
        "lambda_index": 4,`, first + `scenario is "", must be one that was planned`},
		{"unknown scenario", `"scenario": "batch",
        "lambda_index": 4,`, `"scenario": "both",
        "lambda_index": 4,`, first + `scenario is "both", must be one of individual, batch`},
		{"beyond the plan", `"lambda_index": 4,
        "iteration": 0,`, `"lambda_index": 20,
        "iteration": 0,`, first + `lambda_index is 20, must be 0 to 19, as planned`},
		{"below it", `"lambda_index": 4,
        "iteration": 0,`, `"lambda_index": -4,
        "iteration": 0,`, first + `lambda_index is -4, must be 0 to`},
		{"no such iteration", `"lambda_index": 4,
        "iteration": 0,`, `"lambda_index": 4,
        "iteration": 10,`, first + `iteration is 10, must be 0 to 9, as planned`},
		{"no such row", `"row": 9,`, `"row": 100,`, `verification.lost_rows[9].row is 100, must be 0 to 99, as planned`},
		{"a lost row that failed", `"outcome": "acknowledged",
        "environment_id": "2026`, `"outcome": "failed",
        "environment_id": "2026`, first + `outcome is "failed", must be one of acknowledged`},
		{"an unexpected row of unknown outcome", `"outcome": "not_started"`, `"outcome": "unknown"`, `verification.unexpected_rows[1].outcome is "unknown", must be one of failed, not_started`},
		{"a long environment", `"environment_id": "2026`, `"environment_id": "` + strings.Repeat("x", 600), `environment_id is a text of 648 bytes, must be 512 bytes at most`},
		{"a long environment of the sample", `"environment_id": "env-1"`, `"environment_id": "` + strings.Repeat("x", 600) + `"`, `scenario_1.invocation_sample[0].environment_id is a text of 600 bytes, must be 512 bytes at most`},
		{"no time", `"at": "2026-11-23T20:00:01Z"`, `"at": "noon"`, first + `at is "noon", must be a time such as`},
		{"a number for a time", `"at": "2026-11-23T20:00:01Z"`, `"at": 5`, first + `at must be a time such as`},
		{"a time of another age", `"at": "2026-11-23T20:00:01Z"`, `"at": "9999-11-23T20:00:01Z"`, first + `at is 9999-11-23T20:00:01Z, must be a time of 1970 to 2199`},
		{"a time of nothing", `"at_is": "statement_end"`, `"at_is": ""`, first + `at_is is "", must be there with at, and absent without it`},
		{"a time of another thing", `"at_is": "statement_end"`, `"at_is": "statement_start"`, first + `at_is is "statement_start", must be one of statement_end, invocation_sent`},
		{"more than were lost", `"lost": 8000`, `"lost": 9`, `verification.lost_rows is a list of 10, must be 9 at most`},
		{"more than are named", `"lost_rows": [`, `"lost_rows": [{},`, `verification.lost_rows is a list of 11, must be 10 at most`},
		{"more unexpected than there", `"unexpected": 102`, `"unexpected": 103`, `verification.unexpected is 103, must be 0 to 102, as unacknowledged_present`},
		{"unexpected below", `"unexpected": 102`, `"unexpected": -1`, `verification.unexpected is -1, must be 0 to`},
		{"a file elsewhere", `"rows_file": "`, `"rows_file": "/etc/`, `verification.rows_file is "/etc/results_20261123_200000.rows.csv", must be the name of a file beside this one`},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(good, c.old, c.now, 1)
			if changed == good {
				t.Fatalf("no %s in the file", c.old)
			}
			path := put(t, changed)
			if _, err := Read(path); err == nil || !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nhas no %s", err, c.want)
			}
		})
	}
}

// So are those of a look that doesn't stand.
func TestReadHostileLook(t *testing.T) {
	r, err := Read("testdata/lost.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	first := *r.Verification
	first.OK, first.Lost, first.LostRows = true, 0, nil
	r.Looks = []bench.Look{{Verification: first}, {Verification: *r.Verification}}
	r.Looks[1].Verification.RowsFile = "../elsewhere.csv"
	r.Settle()
	text, err := encode(r)
	if err != nil {
		t.Fatal(err)
	}
	path, want := put(t, string(text)), `verifications[1].verification.rows_file is "../elsewhere.csv", must be the name of a file beside this one`
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v\nhas no %s", err, want)
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d": 0,`, i)
	}
	return b.String() + `"run": {`
}

// What a file tells twice must be the same, and its accounts balance, unless the
// run was INVALID for that.
func TestReadContradictions(t *testing.T) {
	text, err := os.ReadFile("testdata/version_2.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*bench.Summary)
		want   string // empty: it is read
	}{
		"as it was":              {func(*bench.Summary) {}, ""},
		"rows of another plan":   {func(s *bench.Summary) { s.Rows.Planned = 1 }, "scenario_1.rows.planned is 1, must be 30, as run.config has it"},
		"unbalanced rows":        {func(s *bench.Summary) { s.Rows.NotStarted = 1 }, "scenario_1.rows.planned is 30, must be 31, the sum of its other counts"},
		"invocations":            {func(s *bench.Summary) { s.Invocations.Planned = 2 }, "scenario_1.invocations.planned is 2, must be 3, as run.config has it"},
		"unbalanced statements":  {func(s *bench.Summary) { s.Statements.Unknown = 1 }, "scenario_1.statements.planned is 30, must be 31, the sum of its other counts"},
		"lambdas":                {func(s *bench.Summary) { s.TotalLambdas = 4 }, "scenario_1.total_lambdas is 4, must be 3, as invocations.planned"},
		"inserts":                {func(s *bench.Summary) { s.TotalInserts = 30 }, "scenario_1.total_inserts is 30, must be 27, as rows.acknowledged"},
		"errors":                 {func(s *bench.Summary) { s.TotalErrors = 0 }, "scenario_1.total_errors is 0, must be 3, as rows.failed and unknown"},
		"statements of latency":  {func(s *bench.Summary) { s.StatementLatency.Count = 1 }, "scenario_1.statement_latency.count is 1, must be 27, as in the histogram"},
		"a histogram's smallest": {func(s *bench.Summary) { s.StatementLatency.Histogram.MinUs = 0 }, "scenario_1.statement_latency.histogram is damaged, must be a whole histogram: min_us is 0, must be 100 to 100, as in the lowest bucket"},
	} {
		t.Run(name, func(t *testing.T) {
			var r bench.Record
			r.Run.Config.Statement = bench.ByValues // as Read has it
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatal(err)
			}
			c.change(r.Scenario1)
			for _, unbalanced := range []bool{false, true} {
				if unbalanced {
					r.Verdict.Reasons = append(r.Verdict.Reasons, bench.Reason{Severity: bench.Invalid, Code: "rows_unbalanced"})
				}
				_, err := Read(put(t, string(rendered(t, JSON, &r))))
				fine := c.want == "" || unbalanced && strings.Contains(name, "unbalanced")
				if fine != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("INVALID %v: error %v, want %q", unbalanced, err, c.want)
				}
			}
		})
	}
}

// Figures that are not finite are null in the file, and a warning and a reason name
// them, once, however often it is read and written.
func TestNotFinite(t *testing.T) {
	r := everything(t)
	r.Verdict = &bench.Verdict{Word: bench.Valid, Reasons: []bench.Reason{}}
	good := rendered(t, JSON, r)
	s := r.Scenario1
	s.LambdaDurationMs.Avg, s.Throughput, s.ClockOffset = pointer(math.Inf(1)), math.NaN(), pointer(math.Inf(-1))
	s.Timeline[0].P99, s.Sample[1].SentMs = pointer(math.NaN()), math.Inf(1)
	places := []string{
		"scenario_1.throughput_inserts_per_second", "scenario_1.lambda_duration_ms.avg", "scenario_1.timeline[0].p99_ms",
		"scenario_1.invocation_sample[1].sent_ms", "scenario_1.clock_offset_ms",
	}
	if diff := cmp.Diff(places, check.NotFinite(r)); diff != "" {
		t.Fatalf("-want +got\n%s", diff)
	}
	path, err := Create(t.TempDir(), r)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict.Word != bench.Valid || !math.IsNaN(s.Throughput) {
		t.Error("writing changed the record")
	}
	first := noted(t, path, good, strings.Join(places, ", "))
	back, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	back.Verdict = judge.Record(back)
	if !slices.ContainsFunc(back.Verdict.Reasons, func(r bench.Reason) bool { return r.Code == "not_finite" }) {
		t.Errorf("judged again: %+v", back.Verdict)
	}
	if back, err = Read(path); err != nil {
		t.Fatal(err)
	}
	if err := Rewrite(path, back); err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, string(again)); diff != "" {
		t.Errorf("-written +read and written\n%s", diff)
	}
	for _, write := range []func(io.Writer, *bench.Record) error{Text, Markdown, CSV, JUnit} {
		for _, r := range []*bench.Record{r, back} {
			if out := string(rendered(t, write, r)); strings.Contains(out, "NaN") || strings.Contains(out, "-9,223") {
				t.Errorf("a figure that is none is shown: %s", out)
			}
		}
	}
}

// noted looks at the file at path: but for null, the warning and the reason it has
// the lines of good. It returns its text.
func noted(t *testing.T, path string, good []byte, places string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r bench.Record
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	warning := "infinite or not a number, and left out: " + places
	want := &bench.Verdict{Word: bench.Suspect, Reasons: []bench.Reason{{Severity: bench.Suspect, Code: "not_finite", Text: warning}}}
	if diff := cmp.Diff(want, r.Verdict); diff != "" || !slices.Contains(r.Run.Warnings, warning) {
		t.Errorf("warnings %q, verdict -want +got\n%s", r.Run.Warnings, diff)
	}
	for _, line := range []string{`"throughput_inserts_per_second": null,`, `"avg": null,`, `"clock_offset_ms": null`, `"sent_ms": null,`} {
		if !bytes.Contains(text, []byte(line)) {
			t.Errorf("no %s", line)
		}
	}
	if a, b := bytes.Count(good, []byte("\n")), bytes.Count(text, []byte("\n")); b < a+5 || b > a+8 {
		t.Errorf("%d lines, before %d", b, a)
	}
	return string(text)
}

// A hostile file beside good ones is listed as what can't be read.
func TestHistoryOfHostile(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "results_1.json"), []byte(`{"schema_version": 3, "run": {"id": 1e400}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := ReadHistory(folder)
	if err != nil || len(h.Unreadable) != 1 || !strings.Contains(h.Unreadable[0].Error, "run.id is the number 1e400") {
		t.Errorf("%+v, %v", h, err)
	}
}
