package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/verify"
)

// A run that goes on is told from one whose driver was killed, and the advice is
// one that can work.
func TestKilled(t *testing.T) {
	const advice = "driver verify"
	for _, c := range []struct {
		name      string
		throwaway bool
		journal   string // held, left or none
		want      bench.Status
		advised   bool
	}{
		{"goes on", false, "held", bench.Running, false},
		{"killed", false, "left", bench.Killed, true},
		{"killed with its database", true, "left", bench.Killed, false},
		{"moved", false, "none", bench.Running, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &bench.Record{SchemaVersion: bench.SchemaVersion}
			r.Run = bench.Run{ID: "01M85C7F4BNDF6NYHBSM35D40P", Status: bench.Running, StartedAt: time.Now().Add(-time.Minute), Target: bench.Local, Config: bench.Defaults()}
			if c.throwaway {
				r.Run.LocalTarget = &bench.LocalTarget{Database: "throwaway"}
			}
			path, err := report.Create(t.TempDir(), r)
			if err != nil {
				t.Fatal(err)
			}
			if c.journal != "none" {
				j, err := verify.CreateJournal(report.JournalOf(path))
				if err != nil {
					t.Fatal(err)
				}
				if err := j.Note(bench.Batch, &bench.Result{Outcome: bench.Unknown}); err != nil {
					t.Fatal(err)
				}
				if c.journal == "left" {
					err = j.Close()
				} else {
					defer func() { _ = j.Close() }()
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			got, err := report.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			if got.Run.Status != c.want {
				t.Errorf("%s, want %s", got.Run.Status, c.want)
			}
			if killed := c.want == bench.Killed; killed != (got.Run.DurationSeconds > 50) {
				t.Errorf("it lasted %v s", got.Run.DurationSeconds)
			}
			var text strings.Builder
			if err := report.Text(&text, got); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text.String(), advice) != c.advised || !strings.Contains(text.String(), string(c.want)) {
				t.Errorf("the report says\n%s", &text)
			}
			h, err := report.ReadHistory(filepath.Dir(path))
			if err != nil || len(h.Runs) != 1 || h.Runs[0].Status != c.want {
				t.Errorf("history %+v, %v", h, err)
			}
			if _, err := os.Stat(report.JournalOf(path)); (err == nil) != (c.journal != "none") {
				t.Errorf("journal: %v", err)
			}
		})
	}
}
