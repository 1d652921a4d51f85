// Package form lists the forms that a report can have (form.go). It notes in a results file
// which reports were written elsewhere (note.go), and writes all reports of a results file
// again after it has changed (remake.go).
package form

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/html"
)

// Form is one form that a report can have.
type Form struct {
	Name   string
	Ending string // of a file's name, such as ".md"
	Write  func(io.Writer, *bench.Record) error
	// knows reports whether a text is a report of the run with that id. It is nil if the
	// form doesn't name the run, or if people may add to such a file. A report in such a
	// form is only known if it equals the one that the record gives.
	knows func(text []byte, runID string) bool
}

// All returns the forms; the first is the default.
func All() []Form {
	return []Form{
		{"text", ".txt", report.Text, nil},
		{"html", ".html", html.Write, reportOf("<!doctype html>", "<title>Load test %s</title>")},
		{"json", ".json", report.JSON, reportOf("{", `"id": "%s"`)},
		{"csv", ".csv", report.CSV, nil},
		{"markdown", ".md", report.Markdown, nil},
		{"junit", ".xml", report.JUnit, reportOf("<?xml ", `name="run_id" value="%s"`)},
	}
}

// named returns the form of that name.
func named(name string) (f Form, ok bool) {
	all := All()
	i := slices.IndexFunc(all, func(f Form) bool { return f.Name == name })
	if i < 0 {
		return Form{}, false
	}
	return all[i], true
}

// Choose returns the form of that name, or without a name the form for the ending of the
// file's name.
func Choose(name, out string) (Form, error) {
	if name == "" {
		all := All()
		i := slices.IndexFunc(all, func(f Form) bool { return f.Ending == strings.ToLower(filepath.Ext(out)) })
		return all[max(i, 0)], nil
	}
	f, ok := named(name)
	if !ok {
		return f, fmt.Errorf("--format %s: must be text, html, json, csv, markdown or junit", name)
	}
	return f, nil
}

// Place returns the file to write to; empty means standard output. out is --out.
func (f Form) Place(out, results string) string {
	switch {
	case out == "-" || out == "" && f.Name != "html":
		return ""
	case out == "":
		return f.beside(results)
	}
	return out
}

// beside returns the path of the report next to the results file, with its name.
func (f Form) beside(results string) string {
	return strings.TrimSuffix(results, ".json") + f.Ending
}

// reportOf returns a function that recognizes a report by its beginning and by the run's id,
// which is at %s in run.
func reportOf(beginning, run string) func([]byte, string) bool {
	return func(text []byte, id string) bool {
		return bytes.HasPrefix(text, []byte(beginning)) && bytes.Contains(text, fmt.Appendf(nil, run, id))
	}
}
