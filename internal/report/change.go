package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/bench/threshold"
)

// Change reads the results file at path, changes the record, judges it again and writes it
// back. Only one Change at a time works in a folder, so two commands that add something at
// once don't lose each other's addition. An error leaves the file as it is.
func Change(path string, change func(*bench.Record) error) (before, after *bench.Record, err error) {
	return alter(path, func(r *bench.Record) error {
		if err := change(r); err != nil {
			return err
		}
		rejudge(r)
		return nil
	})
}

// Note is Change without a new verdict, for data that the verdict doesn't depend on.
func Note(path string, note func(*bench.Record)) error {
	_, _, err := alter(path, func(r *bench.Record) error {
		note(r)
		return nil
	})
	return err
}

// alter returns the record before and after the change, two separate copies.
func alter(path string, change func(*bench.Record) error) (before, after *bench.Record, err error) {
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, nil, err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, nil, fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = folder.Close() }() // which unlocks it
	if err := lock(folder); err != nil {
		return nil, nil, fmt.Errorf("write %s: %w", path, err)
	}
	if before, err = Read(path); err != nil {
		return nil, nil, err
	}
	if after, err = Read(path); err != nil {
		return nil, nil, err
	}
	if err := change(after); err != nil {
		return nil, nil, err
	}
	if err := Rewrite(path, after); err != nil {
		return nil, nil, err
	}
	return before, after, nil
}

// lockPatience is how long to wait for another Change, which reads and writes one file.
const lockPatience = 30 * time.Second

// lock waits until no other command changes a file in the folder. A file system without
// locks locks nothing.
func lock(folder *os.File) error {
	for until := time.Now().Add(lockPatience); ; time.Sleep(10 * time.Millisecond) {
		switch err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil
		case time.Now().After(until):
			return fmt.Errorf("another command has kept %s locked for %v", folder.Name(), lockPatience)
		}
	}
}

// rejudge judges a record again. A reason that only an older file's form gave is kept.
func rejudge(r *bench.Record) {
	old := r.Verdict
	threshold.Judge(r) // some depend on the verification or the cost
	r.Verdict = judge.Record(r)
	for _, reason := range old.Reasons {
		if reason.Code == oldFile && !slices.Contains(r.Verdict.Reasons, reason) {
			r.Verdict.Reasons = append(r.Verdict.Reasons, reason)
		}
	}
}
