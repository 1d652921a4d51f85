package report

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"

	"dsql-load-test/internal/textfile"
)

// FindRun returns the path of the results file of the run with that id; empty if there is
// none. It looks in folder and in the folders repeat_* in it, where repeated runs are. Files
// that aren't results files are skipped.
func FindRun(folder, id string) (string, error) {
	if _, err := os.ReadDir(folder); err != nil {
		return "", err
	}
	for _, pattern := range []string{"results_*.json", "*.json", "repeat_*/*.json"} {
		names, err := fs.Glob(os.DirFS(folder), pattern)
		if err != nil {
			return "", err
		}
		for _, name := range names {
			path := filepath.Join(folder, name)
			text, _, err := textfile.Read(path, "results file", largest)
			if err != nil || !bytes.Contains(text, []byte(`"`+id+`"`)) {
				continue
			}
			if r, err := Read(path); err == nil && r.Run.ID == id {
				return path, nil
			}
		}
	}
	return "", nil
}
