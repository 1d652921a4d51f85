package form

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/textfile"
)

// largestReport is how many bytes of a report are read to recognize it.
const largestReport = 64 << 20

// Remake writes the reports of a results file again after it has changed. It logs which
// files it wrote, and which are now out of date. before and after are the record before
// and after the change.
func Remake(log io.Writer, results string, before, after *bench.Record) {
	for _, f := range madeOf(results, after) {
		made, err := f.again(before, after)
		gone := errors.Is(err, fs.ErrNotExist)
		switch {
		case made:
			fmt.Fprintf(log, "made again: %s\n", quote.Line(f.path))
			continue
		case err == nil, gone && !f.noted:
			continue
		case gone:
			fmt.Fprintf(log, "warning: %s is not made again: it isn't there any more; where it was moved to it may be out of date\n", quote.Line(f.path))
		default:
			fmt.Fprintf(log, "warning: %s is not made again, and may be out of date: %s\n", quote.Args(f.path, strings.TrimPrefix(quote.OneLine(err), f.path+": "))...)
		}
		if !errors.Is(err, errNotOurs) { // else the command would replace a file that isn't a report
			fmt.Fprintf(log, "hint: driver report %s --format %s --out %s makes it\n", quote.Args(quote.Path(results), f.format.Name, quote.Path(f.path))...)
		}
	}
}

// made is a file that may be a report of a record.
type made struct {
	path   string
	format Form
	noted  bool // the record names it
}

// again writes the file again if that changes it.
func (m made) again(before, after *bench.Record) (changed bool, err error) {
	text, err := m.ours(before)
	if err != nil {
		return false, err
	}
	var now bytes.Buffer
	if err := m.format.Write(&now, after); err != nil || bytes.Equal(text, now.Bytes()) {
		return false, err
	}
	if m.format.Name == string(bench.FormatJSON) {
		return false, errors.New("it is a results file itself, and may have looks at the table of its own")
	}
	return true, report.WriteFile(m.path, func(w io.Writer) error {
		_, err := w.Write(now.Bytes())
		return err
	})
}

var errNotOurs = errors.New("it isn't known as a report of this run")

// ours returns the text of the file if it is a report of the record, perhaps by another
// version of this program. Any other file is an error: a results file from elsewhere may
// name any path, and neither such a file nor somebody's additions to a report may be
// overwritten.
func (m made) ours(r *bench.Record) ([]byte, error) {
	switch info, err := os.Stat(m.path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errNotOurs, err)
	case !info.Mode().IsRegular():
		return nil, errNotOurs
	}
	text, _, err := textfile.Read(m.path, "report", largestReport)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotOurs, err)
	}
	if m.format.knows != nil && m.format.knows(text, r.Run.ID) {
		return text, nil
	}
	var was bytes.Buffer
	if err := m.format.Write(&was, r); err != nil {
		return nil, err
	}
	if !bytes.Equal(was.Bytes(), text) {
		return nil, errNotOurs
	}
	return text, nil
}

// madeOf returns the files that may be reports of a results file: those next to it with its
// name, and those that the record names.
func madeOf(results string, r *bench.Record) (all []made) {
	for _, format := range All() {
		all = append(all, made{path: format.beside(results), format: format})
	}
	for _, f := range r.Reports[:min(len(r.Reports), maxReports)] {
		path := f.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(results), path)
		}
		format, ok := named(string(f.Format))
		if ok && !slices.ContainsFunc(all, func(m made) bool { return Same(m.path, path) }) {
			all = append(all, made{path: path, format: format, noted: true})
		}
	}
	return slices.DeleteFunc(all, func(m made) bool { return Same(m.path, results) })
}

// IsMadeAgain reports whether path is a file that Remake writes.
func IsMadeAgain(results string, r *bench.Record, path string) bool {
	if path == "" {
		return false
	}
	full, err := filepath.Abs(path)
	return slices.ContainsFunc(madeOf(results, r), func(m made) bool {
		other, otherErr := filepath.Abs(m.path)
		return Same(m.path, path) || err == nil && otherErr == nil && full == other
	})
}

// Same reports whether both paths name the same file.
func Same(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
