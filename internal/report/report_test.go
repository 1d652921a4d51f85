package report

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/latency"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var start = time.Date(2026, 11, 23, 20, 0, 0, 250e6, time.UTC)

// result is of an invocation that acknowledged its first statements and failed
// in the others.
func result(t *testing.T, inv bench.Invocation, acknowledged int) bench.Result {
	t.Helper()
	n, rows := inv.Statements(), int64(inv.RowsPerStatement())
	h := latency.New()
	for i := range acknowledged {
		h.Record(time.Duration(inv.Index*n+i+1) * 100 * time.Microsecond)
	}
	snapshot, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	r := &bench.Response{
		DurationMs: float64(200 + inv.Index), InsertsPerSecond: float64(50 * rows), Attempts: int64(n),
		ColdStart: inv.Index == 0, EnvironmentID: "env-1", Latency: snapshot,
		Statements: &bench.Account{Planned: int64(n), Acknowledged: int64(acknowledged), Failed: int64(n - acknowledged)},
	}
	if failed := int64(n - acknowledged); failed > 0 {
		r.Errors = []bench.ErrorCount{{Kind: "40001", Message: "change conflicts with another transaction", Statements: failed, Rows: failed * rows}}
	}
	return bench.Result{Index: inv.Index, Outcome: bench.Acknowledged, Sent: start, Ended: start.Add(time.Duration(300+10*inv.Index) * time.Millisecond), Response: r}
}

func record(t *testing.T, status bench.Status, lambdas int, end func(bench.Invocation) bench.Result) *bench.Record {
	t.Helper()
	c := bench.Defaults()
	c.FunctionName = "dsql-load-test"
	c.Individual.NumLambdas, c.Batch.NumLambdas = lambdas, lambdas
	r := &bench.Record{SchemaVersion: bench.SchemaVersion, Run: bench.Run{
		ID: "01M850BJEVW2N143JB0YS2GE2T", Status: status,
		StartedAt: start, DurationSeconds: 2.5, Target: bench.Local, Seed: 42, Config: c,
	}}
	for _, p := range c.Plans(r.Run.ID) {
		results := make([]bench.Result, lambdas)
		for i := range results {
			results[i] = end(p.Invocation(i))
		}
		s, err := sum.Of(p, results)
		if err != nil {
			t.Fatal(err)
		}
		if p.Scenario == bench.Batch {
			r.Scenario2 = s
		} else {
			r.Scenario1 = s
		}
	}
	r.Run.EndedAt, r.Run.Versions, r.Run.Commit, r.Run.Warnings = start.Add(2500*time.Millisecond), map[string]string{}, "unknown", []string{}
	threshold.Judge(r)
	r.Verdict = judge.Record(r)
	return r
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestWrite(t *testing.T) {
	folder := t.TempDir()
	r := &bench.Record{SchemaVersion: bench.SchemaVersion, Run: bench.Run{ID: "a", StartedAt: start}}
	base := "results_" + start.Local().Format("20060102_150405")
	for _, want := range []string{base + ".json", base + "_2.json", base + "_3.json"} {
		path, err := Create(folder, r)
		if err != nil || path != filepath.Join(folder, want) {
			t.Fatalf("path %q, %v; want %s", path, err, want)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var back bench.Record
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*r, back); diff != "" {
			t.Errorf("-written +read\n%s", diff)
		}
	}
	if diff := cmp.Diff([]string{base + ".json", base + "_2.json", base + "_3.json"}, names(t, folder)); diff != "" {
		t.Errorf("folder: -want +got\n%s", diff)
	}
}

func TestUnwritableFolder(t *testing.T) {
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, folder := range map[string]string{"missing": filepath.Join(parent, "missing"), "a file": file} {
		if path, err := Create(folder, &bench.Record{}); err == nil || path != "" {
			t.Errorf("%s: wrote %q without an error", name, path)
		}
	}
	if err := CheckFolder(filepath.Join(file, "below")); err == nil {
		t.Error("a folder below a file passes the check")
	}
	if diff := cmp.Diff([]string{"file"}, names(t, parent)); diff != "" {
		t.Errorf("left behind: -want +got\n%s", diff)
	}
}

func TestCheckFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := CheckFolder(folder); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}
