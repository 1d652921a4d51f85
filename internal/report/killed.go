package report

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
)

// JournalOf returns the path of the journal beside a results file.
func JournalOf(path string) string { return strings.TrimSuffix(path, ".json") + ".journal" }

// noteKilled ends the record of a run whose driver was killed. Without a journal, as for
// a file that was moved, the run may still go on.
func noteKilled(path string, r *bench.Record) {
	if r.Run.Status == bench.Running && tryLock(JournalOf(path)) == nil {
		EndKilled(path, r)
		r.Verdict = judge.Record(r)
	}
}

// Alive reports whether the driver of the run whose results file is at path still runs.
func Alive(path string) bool { return errors.Is(tryLock(JournalOf(path)), syscall.EWOULDBLOCK) }

// tryLock locks a journal and unlocks it again. It returns EWOULDBLOCK while the driver
// runs, because a driver holds its journal locked as long as it lives.
func tryLock(journal string) error {
	f, err := os.Open(journal)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // which unlocks it
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
}

// EndKilled sets the end of a run whose driver was killed: the time of the last write to
// its journal. A run without a finished invocation has no known end.
func EndKilled(path string, r *bench.Record) {
	r.Run.Status = bench.Killed
	r.Run.EndedAt, r.Run.DurationSeconds = r.Run.StartedAt, 0
	if info, err := os.Stat(JournalOf(path)); err == nil && info.Size() > 0 && info.ModTime().After(r.Run.StartedAt) {
		r.Run.EndedAt = info.ModTime()
		r.Run.DurationSeconds = r.Run.EndedAt.Sub(r.Run.StartedAt).Seconds()
	}
}
