package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/html"
)

// reportFormat is a form that a report can have.
type reportFormat struct {
	name   string
	ending string // of a file of that form
	write  func(io.Writer, *bench.Record) error
	// knows knows a report of the run with that id by its beginning. It is nil of a form
	// that doesn't name the run, and of one that people add to: such a report is known
	// only when it is as the record gives it.
	knows func(text []byte, runID string) bool
}

func reportFormats() []reportFormat {
	return []reportFormat{
		{"text", ".txt", report.Text, nil},
		{"html", ".html", html.Write, reportOf("<!doctype html>", "<title>Load test %s</title>")},
		{"json", ".json", report.JSON, reportOf("{", `"id": "%s"`)},
		{"csv", ".csv", report.CSV, nil},
		{"markdown", ".md", report.Markdown, nil},
		{"junit", ".xml", report.JUnit, reportOf("<?xml ", `name="run_id" value="%s"`)},
	}
}

func reportCommand() *cobra.Command {
	var format, out string
	var thresholds []string
	cmd := &cobra.Command{
		Use:   "report RESULTS",
		Short: "Make a run's report again from its results file",
		Long: `Make a report of a results file alone: of this version, of an older one, or of the
original Python suite. What such a file doesn't tell is n/a in the report.

--threshold holds the saved results to demands as driver run does its own, in place
of those that the run had; the report shows them, and the file stays as it is. Only
then the exit codes are those of driver run: 1 the run failed or is incomplete, 99 a
threshold isn't met, 130 the run was interrupted. 2 is usage, also a file that can't
be read. DSQLLOAD_THRESHOLD is for runs alone.

text, json, csv, markdown (for a comment on a pull request) and junit go to
standard output, html into a file beside the results, unless --out says where.
json is the results in their present form. A file made elsewhere than beside the
results is noted there, so that driver verify, cleanup and cloudwatch make it again,
unless it was held to thresholds of its own.
csv is the course, a line for each
second of each scenario; an empty field has no value:

` + csvColumns(),
		Example: `  driver report results_20261123_200000.json
  driver report results_20261123_200000.json --format html
  driver report results_20261123_200000.json --out report.md
  driver report results_20261123_200000.json --threshold 'p99<1.5s,lost==0' --out checks.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(quote.Hint(fmt.Errorf("%d results files given: one makes a report", len(args)), "driver compare sets several side by side"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := formatOf(format, out)
			if err != nil {
				return usage(err)
			}
			r, err := report.Read(args[0])
			if err != nil {
				return usage(err)
			}
			judged, aborted := cmd.Flags().Changed("threshold"), r.Run.Config.AbortOnFail && len(r.FailedThresholds()) > 0
			if judged {
				if err := judgeAgain(cmd, r, thresholds); err != nil {
					return usage(err)
				}
			}
			if judged && isMadeAgain(args[0], r, placeOf(f, out, args[0])) {
				return usage(quote.Hint(fmt.Errorf("%s: is where the report by the run's own thresholds stands, which driver verify makes again; one by other thresholds goes elsewhere", placeOf(f, out, args[0])),
					"--out names another file, or - for standard output"))
			}
			if same(args[0], placeOf(f, out, args[0])) {
				return usage(fmt.Errorf("--out %s: is the results file, which would be lost", out))
			}
			if out != "" && out != "-" {
				if err := checkFile(out, ""); err != nil {
					return usage(fmt.Errorf("--out %s: %w", out, err))
				}
			}
			if err := writeReport(cmd, f, r, placeOf(f, out, args[0])); err != nil {
				return &exitError{code: exitIncomplete, err: err}
			}
			if judged { // a report of other demands than the file's can't be made of it again
				return judgement(r, aborted)
			}
			keepNote(cmd.ErrOrStderr(), args[0], r, f, out)
			return nil
		},
	}
	cmd.Flags().SortFlags = false
	addThresholds(cmd.Flags(), &thresholds)
	cmd.Flags().StringVar(&format, "format", "", "text, html, json, csv, markdown or junit (default: as --out ends, else text)")
	cmd.Flags().StringVar(&out, "out", "", "file to write; - is standard output")
	return cmd
}

// judgeAgain holds r to thresholds in place of its own.
func judgeAgain(cmd *cobra.Command, r *bench.Record, thresholds []string) error {
	c := &r.Run.Config
	c.Thresholds, c.Origin = thresholds, map[string]string{"thresholds": named(cmd.Flags(), "threshold")}
	if err := c.ValidateThresholds(); err != nil {
		return err
	}
	judge.Thresholds(r)
	return nil
}

// judgement is how the program ends after it judged saved results, and why. aborted: a
// threshold of its own may have ended the run.
func judgement(r *bench.Record, aborted bool) error {
	code := exitOf(r, aborted && len(r.FailedThresholds()) > 0)
	var why []error
	for _, missed := range report.Missed(r) {
		why = append(why, errors.New(missed))
	}
	switch {
	case code == exitComplete:
		return nil
	case code == exitInterrupted:
		why = append(why, errors.New("the run was interrupted"))
	case code == exitIncomplete && r.Run.Status != bench.Complete:
		why = append(why, fmt.Errorf("the run is %s", r.Run.Status))
	case code == exitIncomplete:
		why = append(why, errors.New("a check of the run failed, as the report says"))
	}
	return &exitError{code: code, err: errors.Join(why...)}
}

// formatOf is the format named, else the one that the file's name ends like.
func formatOf(name, out string) (reportFormat, error) {
	all := reportFormats()
	by := func(f reportFormat) bool { return f.name == name }
	if name == "" {
		by = func(f reportFormat) bool { return f.ending == strings.ToLower(filepath.Ext(out)) }
		if !slices.ContainsFunc(all, by) {
			return all[0], nil
		}
	}
	i := slices.IndexFunc(all, by)
	if i < 0 {
		return reportFormat{}, fmt.Errorf("--format %s: must be text, html, json, csv, markdown or junit", name)
	}
	return all[i], nil
}

// placeOf is the file to write; empty is standard output.
func placeOf(f reportFormat, out, results string) string {
	switch {
	case out == "-" || out == "" && f.name != "html":
		return ""
	case out == "":
		return strings.TrimSuffix(results, ".json") + f.ending
	}
	return out
}

// same reports whether both paths are one file.
func same(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

func writeReport(cmd *cobra.Command, f reportFormat, r *bench.Record, path string) error {
	if path == "" {
		return f.write(cmd.OutOrStdout(), r)
	}
	if err := report.WriteFile(path, func(w io.Writer) error { return f.write(w, r) }); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "Report: %s\n", quote.Line(path))
	return err
}

// keepNote notes in the results file a report that was made elsewhere. An older file
// and another program's stay as they are, and so does one that a run still writes to.
func keepNote(log io.Writer, results string, r *bench.Record, f reportFormat, out string) {
	if out == "" || out == "-" || report.Ours(results, r) != nil || r.Run.Status == bench.Running || !report.Present(results) {
		return
	}
	if !noteReport(results, r, bench.Format(f.name), out) {
		return
	}
	if err := report.Note(results, func(r *bench.Record) { noteReport(results, r, bench.Format(f.name), out) }); err != nil {
		fmt.Fprintf(log, "warning: %s is not noted in the results, so that driver verify will not make it again: %s\n", quote.Line(out), quote.OneLine(err))
	}
}

// csvColumns lists them for the manual.
func csvColumns() string {
	var b strings.Builder
	for _, c := range report.Columns() {
		fmt.Fprintf(&b, "  %-18s %s\n", c.Name, c.Means)
	}
	return strings.TrimRight(b.String(), "\n")
}
