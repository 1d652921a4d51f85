package report

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
)

// JournalOf is the journal beside a results file.
func JournalOf(path string) string { return strings.TrimSuffix(path, ".json") + ".journal" }

// noteKilled tells a run whose driver is gone from one that goes on: a driver
// holds its journal locked as long as it lives. Without a journal, as in a file
// that was moved, it can't be told.
func noteKilled(path string, r *bench.Record) {
	if r.Run.Status != bench.Running {
		return
	}
	f, err := os.Open(JournalOf(path))
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }() // the lock goes with it
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil {
		return
	}
	EndKilled(path, r)
	r.Verdict = judge.Record(r)
}

// Alive reports whether the driver of the run whose results file is at path goes on.
func Alive(path string) bool {
	f, err := os.Open(JournalOf(path))
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // the lock goes with it
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// EndKilled ends a run whose driver was killed: when its journal was last written
// to. A run none of whose invocations ended left no word of its end.
func EndKilled(path string, r *bench.Record) {
	r.Run.Status = bench.Killed
	r.Run.EndedAt, r.Run.DurationSeconds = r.Run.StartedAt, 0
	if info, err := os.Stat(JournalOf(path)); err == nil && info.Size() > 0 && info.ModTime().After(r.Run.StartedAt) {
		r.Run.EndedAt = info.ModTime()
		r.Run.DurationSeconds = r.Run.EndedAt.Sub(r.Run.StartedAt).Seconds()
	}
}
