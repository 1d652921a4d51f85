package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
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
		s, err := bench.Summarize(p, results)
		if err != nil {
			t.Fatal(err)
		}
		if p.Scenario == bench.Batch {
			r.Scenario2 = s
		} else {
			r.Scenario1 = s
		}
	}
	return r
}

func TestText(t *testing.T) {
	full := record(t, bench.Complete, 20, func(i bench.Invocation) bench.Result { return result(t, i, 10) })
	full.Verification = &bench.Verification{Mode: bench.VerifyFull, OK: true, AcknowledgedPresent: 20_200}
	interrupted := record(t, bench.Interrupted, 4, func(i bench.Invocation) bench.Result {
		if i.Index > 1 {
			return bench.Result{Index: i.Index, Outcome: bench.NotStarted}
		}
		r := result(t, i, 7)
		r.Throttles = map[string]int{"ReservedFunctionConcurrentInvocationLimitExceeded": 3}
		return r
	})
	interrupted.Verification = &bench.Verification{
		Mode: bench.VerifyFull, Problem: "1 acknowledged rows are not in the table",
		Lost: 1, LostIDs: []string{"6f6e6520-6c6f-8374-a069-640000000000"}, AcknowledgedPresent: 1413,
	}
	interrupted.Run.Warnings = []string{"PostgreSQL ended during the run"}
	none := record(t, bench.Incomplete, 3, func(i bench.Invocation) bench.Result {
		return bench.Result{Index: i.Index, Outcome: bench.Failed, Error: "exit status 1", ErrorKind: "Unhandled", Sent: start, Ended: start.Add(12 * time.Second)}
	})
	none.Verification = &bench.Verification{Mode: bench.VerifyOff, OK: true}
	single := record(t, bench.Complete, 1, func(i bench.Invocation) bench.Result { return result(t, i, 10) })
	single.Scenario2, single.Verification = nil, &bench.Verification{Mode: bench.VerifyCount, OK: true, Present: 10, IDsAsked: 10}
	for name, r := range map[string]*bench.Record{"full": full, "interrupted": interrupted, "no_success": none, "one_invocation": single} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := Text(&got, r); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".golden.txt")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
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
	r := &bench.Record{SchemaVersion: 1, Run: bench.Run{ID: "a", StartedAt: start}}
	base := "results_" + start.Local().Format("20060102_150405")
	for _, want := range []string{base + ".json", base + "_2.json", base + "_3.json"} {
		path, err := Write(folder, r)
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
		if path, err := Write(folder, &bench.Record{}); err == nil || path != "" {
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
