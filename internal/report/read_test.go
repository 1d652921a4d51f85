package report

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// A file of the original suite keeps each of its figures.
func TestReadOriginal(t *testing.T) {
	r, err := Read("testdata/results_20251220_101112.json")
	if err != nil {
		t.Fatal(err)
	}
	s := r.Scenario1
	got := []any{
		s.Scenario, s.TotalLambdas, s.SuccessfulLambdas, s.FailedLambdas, s.SuccessRate, s.TotalInserts, s.TotalErrors, s.TotalDurationMs, s.TotalDurationSeconds,
		s.Throughput, *s.LatencyMs.Median, *s.LambdaDurationMs.P99, *s.LambdaThroughput.Avg, s.Rows, s.Invocations, s.Statements, r.Verification, r.Telemetry,
		r.Run.Status, r.Run.EndedAt.Equal(time.Date(2025, 12, 20, 10, 11, 12, 0, time.Local)), r.Run.Config.Individual.NumLambdas, r.Verdict.Word,
	}
	want := []any{
		bench.Individual, int64(40), int64(38), int64(2), 95.0, int64(371), int64(11), 2250.5, 2.2505,
		164.85225505443236, 1298.75, 905.25, 24.5,
		bench.Account{Planned: 380, Acknowledged: 371, Unknown: 9},
		bench.Account{Planned: 40, Acknowledged: 38, Failed: 2},
		(*bench.Account)(nil), (*bench.Verification)(nil), (*bench.Telemetry)(nil),
		bench.Incomplete, true, 40, bench.Suspect,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	again, err := Read("testdata/results_20251220_101112.json")
	if err != nil || again.Run.ID != r.Run.ID || len(r.Run.ID) != 26 {
		t.Errorf("ids %s and %s, %v", r.Run.ID, again.Run.ID, err)
	}
}

// What the original writes of a scenario without a success are zeros of nothing.
func TestReadOriginalWithoutSuccess(t *testing.T) {
	const zeros = `{"min": 0, "max": 0, "avg": 0, "median": 0, "p95": 0, "p99": 0}`
	path := put(t, `{"scenario_2": {"scenario": "batch", "total_lambdas": 2, "successful_lambdas": 0, "failed_lambdas": 2, "success_rate": 0, "total_inserts": 0,
		"total_errors": 2, "total_duration_ms": 60000, "total_duration_seconds": 60, "throughput_inserts_per_second": 0, "latency_ms": `+zeros+`,
		"lambda_duration_ms": `+zeros+`, "lambda_throughput": {"min": 0, "max": 0, "avg": 0, "median": 0}, "errors": [{"lambda_index": null, "error": null}]}}`)
	r, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Scenario2
	if s.LatencyMs.Min != nil || s.LambdaDurationMs.P99 != nil || s.LambdaThroughput.Avg != nil || r.Verdict.Word != bench.Invalid || r.Run.Status != bench.Incomplete {
		t.Errorf("%+v %+v %+v %+v", s.LatencyMs, s.LambdaDurationMs, r.Verdict, r.Run.Status)
	}
}

// A file of version 2 counted the rows on spans in Tempo, and said of a collector
// that it told nothing, not why. What was judged then stays.
func TestReadVersion2(t *testing.T) {
	r, err := Read("testdata/version_2.json")
	if err != nil {
		t.Fatal(err)
	}
	const unread = "the collector's counters could not be read"
	got := []any{r.SchemaVersion, r.Accounts, r.TraceStore, r.Telemetry.Spans.Collector, r.Telemetry.Spans.Unknown, r.Telemetry.Points.Collector, r.Telemetry.Points.Unknown, r.Verdict}
	want := []any{
		3,
		&bench.Accounts{
			Acknowledged: 27, Database: pointer(int64(27)), Prometheus: pointer(int64(27)), Spans: pointer(int64(25)),
			Problem: "Tempo has 25 rows, expected 27", Missing: []string{},
		},
		(*bench.TraceStore)(nil), (*bench.Hop)(nil), unread, &bench.Hop{Received: 20, Passed: 20, Dropped: map[string]int64{}}, "",
		&bench.Verdict{Word: bench.Suspect, Reasons: []bench.Reason{{
			Severity: bench.Suspect, Code: "truncated", Scenario: bench.Individual, Text: "as it was judged then: 1 invocation ran out of time",
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// What a file of an older version couldn't have is null.
func TestReadVersion2Unknown(t *testing.T) {
	text, err := os.ReadFile("testdata/version_2.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		old, now string
		want     *int64
	}{
		"not counted":  {`"tempo": 25`, `"tempo": null`, nil},
		"nothing left": {`"tempo": 25`, `"tempo": 0`, new(int64)},
		"no accounts":  {`"accounts"`, `"other"`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(string(text), c.old, c.now, 1)
			if changed == string(text) {
				t.Fatalf("no %s in the file", c.old)
			}
			r, err := Read(put(t, changed))
			if err != nil {
				t.Fatal(err)
			}
			var got *int64
			if r.Accounts != nil {
				got = r.Accounts.Spans
			}
			if diff := cmp.Diff(c.want, got); diff != "" || (r.Accounts == nil) != (name == "no accounts") {
				t.Errorf("accounts %+v, -want +got\n%s", r.Accounts, diff)
			}
		})
	}
}

func put(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadFaults(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	good, original := read("testdata/everything.golden.json"), read("testdata/results_20251220_101112.json")
	change := func(text, old, now string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("no %s in the file", old)
		}
		return strings.Replace(text, old, now, 1)
	}
	for _, c := range []struct{ name, text, want string }{
		{"empty", " \n", ": the file is empty"},
		{"no JSON", "Results Summary", ":1:1: not JSON"},
		{"array", "[]", ":1:1: must be a JSON object"},
		{"truncated", good[:len(good)/2], ": not JSON: "},
		{"two objects", good + good, ":1: text after the end"},
		{"other JSON", `{"a": 1}`, ":1:1: not a results file: neither schema_version nor scenario_1 or scenario_2 is there"},
		{"config.json", `{"scenario_1": {"num_lambdas": 5}}`, `:1:13: scenario_1.scenario is "", must be "individual"`},
		{"newer", change(good, `"schema_version": 3`, `"schema_version": 4`), ":2:18: schema_version 4 is newer than this program, which reads up to 3\nhint: "},
		{"version 0", change(good, `"schema_version": 3`, `"schema_version": 0`), ":2:18: schema_version must be a whole number from 1 to 3"},
		{"version as text", change(good, `"schema_version": 3`, `"schema_version": "3"`), ":2:18: schema_version must be a whole number from 1 to 3"},
		{"version between two", change(good, `"schema_version": 3`, `"schema_version": 1.5`), ":2:18: schema_version must be a whole number from 1 to 3"},
		{"no version", change(good, `"schema_version": 3,`, ``), "1:1: schema_version is missing"},
		{"text for a number", change(good, `"seed": 42`, `"seed": "42"`), ":10:16: run.seed is a string, must be a whole number"},
		{"object for a number", change(good, `"lag_p99_ms": 150,`, `"lag_p99_ms": {},`), ".client.lag_p99_ms is an object, must be a number"},
		{"text in an array", change(good, `"second": 0`, `"second": "0"`), ".second is a string, must be a whole number"},
		{"number for a time", change(good, `"started_at": "2026-11-23T20:00:00.25Z"`, `"started_at": 5`), ":6:16: run.started_at must be a time such as"},
		{"text for a time", change(good, `"ended_at": "2026`, `"ended_at": "today 2026`), `:7:14: run.ended_at is "today 2026-11-23T20:00:02.75Z", must be a time such as "2026`},
		{"year 1", change(good, `"started_at": "2026-11-23T20:00:00.25Z"`, `"started_at": "0001-01-01T00:00:00Z"`), ":6:16: run.started_at must be a time"},
		{"no id", change(good, `    "id": "01M850BJEVW2N143JB0YS2GE2T",`, ""), ":3:7: run.id is missing"},
		{"empty id", change(good, `"id": "01M850BJEVW2N143JB0YS2GE2T"`, `"id": ""`), `:4:8: run.id is "", must be a run's id`},
		{"unknown status", change(good, `"status": "incomplete"`, `"status": "fine"`), `:5:12: run.status is "fine", must be one of complete, incomplete, interrupted, running, killed`},
		{"no rows", change(good, `"rows": {`, `"lines": {`), "scenario_1.rows is missing"},
		{"scenarios swapped", change(original, `"scenario": "individual",`, `"scenario": "batch",`), `:3:14: scenario_1.scenario is "batch", must be "individual"`},
		{"negative", change(original, `"total_inserts": 371`, `"total_inserts": -371`), ":8:19: scenario_1.total_inserts is -371, must be 0 to 1000000000000"},
		{"too many failed", change(original, `"failed_lambdas": 2`, `"failed_lambdas": 5`), ":4:19: scenario_1.total_lambdas 40 can't be, with 38 successful and 5 failed"},
		{"original without throughput", change(original, `"throughput_inserts_per_second": 164.85225505443236,`, ""), ":2:14: scenario_1.throughput_inserts_per_second is missing"},
		{"original of nothing", `{"scenario_1": null}`, ":1:13: scenario_1 and scenario_2 are both null"},
		{"damaged histogram", change(good, `"hdr_v2": "HIST`, `"hdr_v2": "HASI`), "scenario_1.statement_latency.histogram is damaged, must be a whole histogram: hdr_v2: not the compressed V2 encoding"},
		{"key twice", change(good, `"schema_version": 3,`, "\"schema_version\": 3,\n\"schema_version\": 3,"), `:3:16: key "schema_version" appears twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := put(t, c.text)
			_, err := Read(path)
			switch {
			case err == nil:
				t.Fatal("no error")
			case !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), c.want):
				t.Errorf("error %v\nhas no %s", err, c.want)
			}
		})
	}
}

// No cut of a file is read as a whole one, and each error has its place.
func TestReadTruncated(t *testing.T) {
	whole, err := os.ReadFile("testdata/version_1_early.json")
	if err != nil {
		t.Fatal(err)
	}
	whole = bytes.TrimSpace(whole)
	path := filepath.Join(t.TempDir(), "r.json")
	for n := 1; n < len(whole); n += 7 {
		if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "not JSON") || strings.HasPrefix(err.Error(), path+":1:1") && n > 10 {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
}

func TestReadWhatIsNoFile(t *testing.T) {
	folder := t.TempDir()
	huge := filepath.Join(folder, "huge.json")
	if err := errors.Join(os.WriteFile(huge, nil, 0o644), os.Truncate(huge, largest+1)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		folder:                                  "is a directory, not a results file",
		huge:                                    "not a results file: 64 MiB, at most 64 MiB are read",
		filepath.Join(folder, "missing.json"):   "no such file",
		"/dev/zero":                             "not a results file: more than 64 MiB",
		filepath.Join(folder, "huge.json", "a"): "not a directory",
	} {
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func TestRewrite(t *testing.T) {
	folder := t.TempDir()
	r := everything(t)
	r.Run.Status = bench.Running
	path, err := Create(folder, r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	r.Run.Status = bench.Complete
	if err := Rewrite(path, r); err != nil {
		t.Fatal(err)
	}
	back, err := Read(path)
	if err != nil || back.Run.Status != bench.Complete {
		t.Fatalf("%v %v", back, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if diff := cmp.Diff([]string{filepath.Base(path)}, names(t, folder)); diff != "" {
		t.Errorf("folder: -want +got\n%s", diff)
	}
}

// A write that breaks off leaves what was there.
func TestWriteFileIsWholeOrNothing(t *testing.T) {
	folder := t.TempDir()
	path, link := filepath.Join(folder, "a"), filepath.Join(folder, "link")
	if err := errors.Join(os.WriteFile(path, []byte("old"), 0o644), os.Symlink("a", link)); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := WriteFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, broken)
	})
	if text, readErr := os.ReadFile(path); !errors.Is(err, broken) || string(text) != "old" {
		t.Errorf("%v, the file has %q, %v", err, text, readErr)
	}
	if err := WriteFile(link, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "new" {
		t.Errorf("through a link: %q, %v", text, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if err := WriteFile(folder, func(io.Writer) error { return nil }); err == nil {
		t.Error("a folder was replaced")
	}
	if diff := cmp.Diff([]string{"a", "link"}, names(t, folder)); diff != "" {
		t.Errorf("folder: -want +got\n%s", diff)
	}
}

// Only a run of this tool has ids that can be computed.
func TestOurs(t *testing.T) {
	for file, want := range map[string]string{
		"version_1.json": "", "results_20251220_101112.json": "written by the original Python suite",
	} {
		r, err := Read(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		switch err := Ours(file, r); {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", file, err, want)
		}
		r.Run.ID = ""
		if Ours(file, r) == nil {
			t.Errorf("%s without an id is ours", file)
		}
	}
}
