// Package form knows the forms that a report can have, and makes the files that were
// made of a results file again once that has changed.
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

// Form is a form that a report can have.
type Form struct {
	Name   string
	Ending string // of the name of a file of that form
	Write  func(io.Writer, *bench.Record) error
	// knows knows a report of the run with that id by its beginning. It is nil of a form
	// that doesn't name the run, and of one that people add to: such a report is known
	// only when it is as the record gives it.
	knows func(text []byte, runID string) bool
}

// All are the forms; the first is the default.
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

// Choose returns the form of that name; without a name the one that the file's name
// ends like.
func Choose(name, out string) (Form, error) {
	all := All()
	by := func(f Form) bool { return f.Name == name }
	if name == "" {
		by = func(f Form) bool { return f.Ending == strings.ToLower(filepath.Ext(out)) }
		if !slices.ContainsFunc(all, by) {
			return all[0], nil
		}
	}
	i := slices.IndexFunc(all, by)
	if i < 0 {
		return Form{}, fmt.Errorf("--format %s: must be text, html, json, csv, markdown or junit", name)
	}
	return all[i], nil
}

// Place is the file to write to, as out asks for; empty is standard output.
func (f Form) Place(out, results string) string {
	switch {
	case out == "-" || out == "" && f.Name != "html":
		return ""
	case out == "":
		return f.beside(results)
	}
	return out
}

// beside is the report of that form that has the results file's name.
func (f Form) beside(results string) string {
	return strings.TrimSuffix(results, ".json") + f.Ending
}

// reportOf returns what knows a report by how it begins and by its run, whose id
// stands where %s does.
func reportOf(beginning, run string) func([]byte, string) bool {
	return func(text []byte, id string) bool {
		return bytes.HasPrefix(text, []byte(beginning)) && bytes.Contains(text, fmt.Appendf(nil, run, id))
	}
}
