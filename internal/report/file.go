// Package report makes reports of a run from its Record alone: the results file (JSON),
// text, Markdown, CSV and JUnit XML. It also reads results files back, including those of
// older versions and of the original Python suite.
//
// Writing: file.go and encode.go write the results file; text.go begins the text report,
// with scenario.go, trouble.go, verification.go, telemetry.go and cost.go for its parts;
// markdown.go, csv.go and junit.go are the other forms. Package figure has the numbers.
// Reading: read.go decides which kind of file it is; upgrade.go and original.go bring old
// kinds to the present form. change.go changes a file on disk.
package report

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// Create writes the record to a new file in folder, named after the run's start
// (local time), and returns its path. The file appears complete or not at all.
func Create(folder string, r *bench.Record) (string, error) {
	removeLeftovers(folder)
	temp, err := written(folder, 0o644, func(w io.Writer) error { return JSON(w, r) })
	if err != nil {
		return "", fmt.Errorf("results file: %w", err)
	}
	path, err := named(temp, filepath.Join(folder, "results_"+r.Run.StartedAt.Local().Format("20060102_150405")), ".json")
	if err != nil {
		return "", fmt.Errorf("results file: %w", err)
	}
	return path, nil
}

// named gives the temporary file the first free name of base.ending, base_2.ending, ...:
// two runs may start in one second. It never replaces a file. temp is removed in any case.
func named(temp, base, ending string) (path string, err error) {
	defer func() { _ = os.Remove(temp) }() // only a second name of the file
	path = base + ending
	for n := 2; ; n++ {
		if err := os.Link(temp, path); !errors.Is(err, fs.ErrExist) {
			return path, err
		}
		path = fmt.Sprintf("%s_%d%s", base, n, ending)
	}
}

// Rewrite replaces the results file at path with the record, completely or not at all.
func Rewrite(path string, r *bench.Record) error {
	return WriteFile(path, func(w io.Writer) error { return JSON(w, r) })
}

// WriteFile writes a file at path and replaces one that is there: completely or not at
// all. A device or a pipe, such as /dev/stdout, is written directly.
func WriteFile(path string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		switch kind := info.Mode().Type(); {
		case kind&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket) != 0:
			return passThrough(path, write)
		case kind != 0:
			return fmt.Errorf("write %s: not a regular file", path)
		}
		mode = info.Mode().Perm()
	}
	temp, err := written(filepath.Dir(path), mode, write)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temp))
	}
	return nil
}

func passThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, secret.Cause(err))
	}
	return nil
}

// written makes a temporary file in folder, complete and on the disk, and returns its
// path. After an error there is no file.
func written(folder string, mode fs.FileMode, write func(io.Writer) error) (path string, err error) {
	temp, err := os.CreateTemp(folder, temporary)
	if err != nil {
		return "", err
	}
	buffered := bufio.NewWriter(temp)
	if err := cmp.Or(write(buffered), buffered.Flush(), temp.Chmod(mode), temp.Sync(), temp.Close()); err != nil {
		return "", errors.Join(secret.Cause(err), os.Remove(temp.Name()))
	}
	return temp.Name(), nil
}

// temporary is the pattern for files that don't have their final name yet.
const temporary = ".results-*.tmp"

// leftoverAge is the age at which a temporary file's writer must have been killed.
const leftoverAge = 24 * time.Hour

// removeLeftovers removes the temporary files in folder whose writers were killed. A file
// that can't be removed does no harm.
func removeLeftovers(folder string) {
	all, _ := os.ReadDir(folder) // writing there reports the same error
	for _, e := range all {
		if match, _ := filepath.Match(temporary, e.Name()); !match { // the pattern is good
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftoverAge {
			_ = os.Remove(filepath.Join(folder, e.Name()))
		}
	}
}

// JSON writes the record in the form of the results file. A figure that is not finite is
// written as null; a warning and a reason of the verdict name it.
func JSON(w io.Writer, r *bench.Record) error {
	text, err := encode(r)
	if err != nil {
		return fmt.Errorf("encode results: %w", err)
	}
	_, err = quote.JSONWriter(w).Write(append(text, '\n'))
	return err
}

// CheckFolder creates folder if it is missing. It returns an error if no file can be
// written there.
func CheckFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	probe, err := os.CreateTemp(folder, ".probe-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
