package form

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
)

// maxReports is how many reports a record names.
const maxReports = 100

// Note notes a report in its record. It returns false if there is nothing to note: a report
// with the results file's name is found anyway, and a device is no report.
func Note(results string, r *bench.Record, format bench.Format, path string) bool {
	if f, ok := named(string(format)); ok && filepath.Clean(path) == filepath.Clean(f.beside(results)) {
		return false
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return false
	}
	file := bench.ReportFile{Format: format, File: fromFolderOf(results, path)}
	if slices.Contains(r.Reports, file) || len(r.Reports) >= maxReports {
		return false
	}
	r.Reports = append(r.Reports, file)
	return true
}

// fromFolderOf returns a path relative to the folder of the results file, or the absolute
// path if there is no relative one.
func fromFolderOf(results, path string) string {
	folder, err := filepath.Abs(filepath.Dir(results))
	absolute, err2 := filepath.Abs(path)
	if err != nil || err2 != nil {
		return path
	}
	if relative, err := filepath.Rel(folder, absolute); err == nil {
		return relative
	}
	return absolute
}

// Keep notes in the results file a report that was written elsewhere. It leaves alone older
// files, files of other programs and files that a run still writes to.
func (f Form) Keep(log io.Writer, results string, r *bench.Record, out string) {
	if out == "" || out == "-" || report.Ours(results, r) != nil || r.Run.Status == bench.Running || !report.Present(results) {
		return
	}
	if !Note(results, r, bench.Format(f.Name), out) {
		return
	}
	if err := report.Note(results, func(r *bench.Record) { Note(results, r, bench.Format(f.Name), out) }); err != nil {
		fmt.Fprintf(log, "warning: %s is not noted in the results, so driver verify will not make it again: %s\n", quote.Line(out), quote.OneLine(err))
	}
}
