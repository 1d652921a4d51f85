// Package report makes what people and programs read of a run from its Record
// alone: the results file and the summary on the console.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dsql-load-test/internal/bench"
)

// Write writes the record to a new file in folder, named after the run's start
// (local time), and answers its path. The file appears whole or not at all.
func Write(folder string, r *bench.Record) (string, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encode results: %w", err)
	}
	temp, err := os.CreateTemp(folder, ".results-*.json")
	if err != nil {
		return "", fmt.Errorf("results file: %w", err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // only a second name of the file
	_, err = temp.Write(append(text, '\n'))
	err = errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close())
	if err != nil {
		return "", fmt.Errorf("results file: %w", err)
	}
	name := filepath.Join(folder, "results_"+r.Run.StartedAt.Local().Format("20060102_150405"))
	for n := 1; ; n++ {
		path := name + ".json"
		if n > 1 {
			path = fmt.Sprintf("%s_%d.json", name, n) // two runs in one second
		}
		switch err := os.Link(temp.Name(), path); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrExist):
			return "", fmt.Errorf("results file: %w", err)
		}
	}
}

// CheckFolder makes folder where it is missing and reports whether a file can be
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
