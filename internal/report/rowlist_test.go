package report

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

func placedRow(n int) bench.PlacedRow {
	return bench.PlacedRow{ID: fmt.Sprintf("6f6e6520-6c6f-8374-a069-%012x", n), Scenario: bench.Batch, Invocation: n / 1000, Iteration: n / 100 % 10, Row: n % 100, Outcome: bench.Acknowledged}
}

// All rows are in the file, each with what is known of it; a later list has a name of
// its own.
func TestRowList(t *testing.T) {
	folder := t.TempDir()
	results := filepath.Join(folder, "results_1.json")
	known, unknown := placedRow(1), placedRow(2)
	known.Environment, known.At, known.TimeOf = pointer("=2026/[$LATEST],\"x\"\n"), pointer(start.Local()), bench.StatementEnd
	unknown.Outcome = bench.NotStarted
	for _, want := range []string{"results_1.rows.csv", "results_1.rows_2.csv", "results_1.rows_3.csv"} {
		l := ListRows(results)
		l.Add([]bench.PlacedRow{known})
		l.Add([]bench.PlacedRow{unknown})
		if name, err := l.Keep(); err != nil || name != want {
			t.Fatalf("named %q, %v; want %q", name, err, want)
		}
		f, err := os.Open(filepath.Join(folder, want))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		got, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]string{
			{"found", "id", "scenario", "lambda_index", "iteration", "row", "outcome", "environment_id", "at", "at_is"},
			{"lost", known.ID, "batch", "0", "0", "1", "acknowledged", `'=2026/[$LATEST],"x"\n`, start.UTC().Format(time.RFC3339), "statement_end"},
			{"unexpected", unknown.ID, "batch", "0", "0", "2", "not_started", "", "", ""},
		}, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
	if got := names(t, folder); len(got) != 3 {
		t.Errorf("left behind: %q", got)
	}
}

// Without a row there is no file, and none of a list that was given up.
func TestRowListOfNothing(t *testing.T) {
	folder := t.TempDir()
	l := ListRows(filepath.Join(folder, "r.json"))
	if name, err := l.Keep(); name != "" || err != nil {
		t.Errorf("named %q, %v", name, err)
	}
	given := ListRows(filepath.Join(folder, "r.json"))
	given.Add([]bench.PlacedRow{placedRow(1)})
	if err := given.Drop(); err != nil {
		t.Error(err)
	}
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
}

// A list that can't be written says so, once, and leaves nothing.
func TestRowListFails(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "gone")
	l := ListRows(filepath.Join(folder, "r.json"))
	l.Add([]bench.PlacedRow{placedRow(1)})
	l.Add([]bench.PlacedRow{placedRow(2)})
	want := "the list of the rows beside " + filepath.Join(folder, "r.json") + " could not be written: no such file or directory"
	if name, err := l.Keep(); name != "" || err == nil || err.Error() != want {
		t.Errorf("named %q, error %v, want %s", name, err, want)
	}
	folder = t.TempDir()
	full := ListRows(filepath.Join(folder, "r.json"))
	full.Add([]bench.PlacedRow{placedRow(1)})
	if err := full.temp.Close(); err != nil {
		t.Fatal(err)
	}
	if name, err := full.Keep(); name != "" || err == nil || !strings.Contains(err.Error(), fs.ErrClosed.Error()) {
		t.Errorf("named %q, error %v", name, err)
	}
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
}

// A million rows take no memory.
func TestRowListOfAMillion(t *testing.T) {
	folder := t.TempDir()
	l := ListRows(filepath.Join(folder, "r.json"))
	part := make([]bench.PlacedRow, 1000)
	var most uint64
	for i := range 1000 {
		for k := range part {
			part[k] = placedRow(1000*i + k)
		}
		l.Add(part)
		if i%100 == 99 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	name, err := l.Keep()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines != 1_000_001 {
		t.Errorf("%d lines", lines)
	}
	if most > 50<<20 {
		t.Errorf("%d MiB were held", most>>20)
	}
}

// What killed writers left goes when another one begins; what is being written stays.
func TestLeftovers(t *testing.T) {
	folder := t.TempDir()
	age := func(name string, age time.Duration) {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Now().Add(-age), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	for _, begin := range []func() error{
		func() error {
			l := ListRows(filepath.Join(folder, "results_1.json"))
			l.Add([]bench.PlacedRow{placedRow(1)})
			return l.Drop()
		},
		func() error { _, err := Create(folder, &bench.Record{}); return err },
	} {
		age(".results-1.tmp", 25*time.Hour)
		age(".results-2.tmp", time.Hour)
		age("mine.tmp", 1000*time.Hour)
		if err := begin(); err != nil {
			t.Fatal(err)
		}
		got := slices.DeleteFunc(names(t, folder), func(name string) bool { return strings.HasSuffix(name, ".json") })
		if diff := cmp.Diff([]string{".results-2.tmp", "mine.tmp"}, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}
