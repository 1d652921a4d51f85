package compare

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dsql-load-test/internal/report"
)

// Open reads a side: a results file, a folder with results_*.json, or a pattern in the
// syntax of filepath.Match. It is an error if a run is in it twice.
func Open(name string) (Side, error) {
	files, err := filesOf(name)
	if err != nil {
		return Side{}, err
	}
	s := Side{Name: name, Files: files}
	seen := map[string]string{} // run to file
	var faults []error
	for _, f := range files {
		r, err := report.Read(f)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if len(r.Summaries()) == 0 {
			faults = append(faults, fmt.Errorf("%s: has no scenario", f))
			continue
		}
		if first := seen[r.Run.ID]; first != "" && r.Run.ID != "" {
			faults = append(faults, fmt.Errorf("%s and %s: the same run %s, which counts once", first, f, r.Run.ID))
		}
		seen[r.Run.ID] = f
		s.Records = append(s.Records, r)
	}
	return s, errors.Join(faults...)
}

func filesOf(name string) ([]string, error) {
	pattern := name
	switch about, err := os.Stat(name); {
	case err == nil && about.IsDir():
		pattern = filepath.Join(escape(name), "results_*.json")
	case err == nil:
		return []string{name}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case !strings.ContainsAny(name, `*?[`):
		return nil, fmt.Errorf("%s: there is no such file or folder", name)
	}
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no results file matches %s", name, pattern)
	}
	slices.Sort(files)
	return files, nil
}

// escape returns a pattern that matches only the folder of that name.
func escape(folder string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}
