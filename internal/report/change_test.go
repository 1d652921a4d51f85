package report_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/report"
)

const otherID = "01M85C7F4BNDF6NYHBSM35D40P"

func resultsIn(t *testing.T, folder string) string {
	t.Helper()
	r := &bench.Record{SchemaVersion: bench.SchemaVersion}
	r.Run = bench.Run{ID: otherID, Status: bench.Complete, StartedAt: time.Now().Add(-time.Minute), Target: bench.Local, Config: bench.Defaults()}
	path, err := report.Create(folder, r)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Of commands that add something at once none loses what another one added.
func TestChangeTogether(t *testing.T) {
	path := resultsIn(t, t.TempDir())
	const many = 12
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			_, after, err := report.Change(path, func(r *bench.Record) error {
				r.Cleanups = append(r.Cleanups, bench.Cleanup{Host: fmt.Sprint(i), Removed: 1})
				return nil
			})
			if err != nil || after.Verdict == nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r, err := report.Read(path)
	if err != nil || len(r.Cleanups) != many {
		t.Errorf("%d changes of %d are in the file: %v", len(r.Cleanups), many, err)
	}
}

func TestChangeRefused(t *testing.T) {
	path := resultsIn(t, t.TempDir())
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	if _, _, err := report.Change(path, func(r *bench.Record) error { r.Cleanups = nil; return no }); !errors.Is(err, no) {
		t.Errorf("error %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file changed: %v", err)
	}
	if _, _, err := report.Change(filepath.Join(t.TempDir(), "none.json"), func(*bench.Record) error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of no file: %v", err)
	}
}

// Verification is the look that stands, whatever else the file says.
func TestVerificationIsTheLookThatStands(t *testing.T) {
	path := resultsIn(t, t.TempDir())
	rows := bench.Defaults().Individual.NumLambdas*10 + 1_000_000
	_, _, err := report.Change(path, func(r *bench.Record) error {
		r.AddLook(bench.Look{Verification: bench.Verification{Mode: bench.VerifyFull, OK: true, IDsAsked: int64(rows), Present: int64(rows)}})
		r.Verification = &bench.Verification{Mode: bench.VerifyFull, Lost: 5, IDsAsked: 5, Problem: "lost"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := report.Read(path); err != nil || !r.Verification.OK || r.Verification.Lost != 0 {
		t.Errorf("%+v, %v", r.Verification, err)
	}
}

func TestFindRun(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "repeat_20261130_100000"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"results_1.json": `{"id": "` + otherID + `"}`, "results_2.json": "", "compare.json": `{"runs": ["` + otherID + `"]}`} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	find := func(want string) {
		t.Helper()
		if got, err := report.FindRun(folder, otherID); err != nil || got != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	find("")
	repeated := resultsIn(t, filepath.Join(folder, "repeat_20261130_100000"))
	find(repeated)
	here := resultsIn(t, folder)
	find(here)
	renamed := filepath.Join(folder, "mine.json")
	if err := os.Rename(here, renamed); err != nil {
		t.Fatal(err)
	}
	find(renamed)
	if _, err := report.FindRun(filepath.Join(folder, "none"), otherID); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in no folder: %v", err)
	}
}
