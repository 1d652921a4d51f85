package verify_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/verify"
)

func journalPlan(n int) bench.Plan {
	c := bench.Defaults()
	c.Scenarios, c.Batch = []bench.Scenario{bench.Batch}, bench.Load{NumLambdas: n, Iterations: 10, Count: 3}
	return c.Plans("01M850BJEVW2N143JB0YS2GE2T")[0]
}

// What was noted from many goroutines is read back by statement; what wasn't is
// unknown, also when the last line was cut off.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.journal")
	j, err := verify.CreateJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	noted := map[int]bench.Result{
		0: {Outcome: bench.Acknowledged, Response: &bench.Response{
			Statements: &bench.Account{Planned: 10, Acknowledged: 6, Failed: 2, Unknown: 1, NotStarted: 1},
			Failed:     bench.Ranges{{1, 3}}, Unknown: bench.Ranges{{8, 9}},
		}},
		1: {Outcome: bench.Failed},
		2: {Outcome: bench.Unknown},
		3: {Outcome: bench.NotStarted},
	}
	var wg sync.WaitGroup
	for i, r := range noted {
		wg.Go(func() {
			r.Index = i
			if err := j.Note(bench.Batch, &r); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"scenario":"batch","lambda_in`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	all, torn, err := verify.ReadJournal(path, []bench.Plan{journalPlan(6)})
	if err != nil || torn != 1 {
		t.Fatalf("%d torn lines, error %v", torn, err)
	}
	var got []string
	for _, r := range all[0].Results {
		line := ""
		for n := range 10 {
			o, ok := r.OutcomeOf(n)
			if !ok {
				t.Errorf("invocation %d, statement %d isn't told", r.Index, n)
			}
			line += string(o[0])
		}
		got = append(got, line)
	}
	want := []string{"affaaaaaun", "ffffffffff", "uuuuuuuuuu", "nnnnnnnnnn", "uuuuuuuuuu", "uuuuuuuuuu"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := j.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the journal is there still: %v", err)
	}
	if _, _, err := verify.ReadJournal(path, []bench.Plan{journalPlan(2)}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a journal: %v", err)
	}
}

func TestJournalFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"another run's", `{"scenario":"batch","lambda_index":2,"outcome":"failed"}` + "\n", ":1:1: not of this run: invocation 2 of scenario batch isn't planned"},
		{"another scenario", `{"scenario":"individual","lambda_index":0,"outcome":"failed"}` + "\n", ":1:1: not of this run: invocation 0 of scenario individual isn't planned"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "results.journal")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := verify.ReadJournal(path, []bench.Plan{journalPlan(2)}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			if _, err := verify.CreateJournal(path); err == nil {
				t.Error("the file was overwritten")
			}
		})
	}
}
