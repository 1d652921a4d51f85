package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/form"
	"dsql-load-test/internal/run"
)

// reportFlags are the flags of driver report.
type reportFlags struct {
	format, out string
	thresholds  []string
}

const reportHelp = `Make a report of a results file alone: of this version, an older one, or the original
Python suite. Values that such a file doesn't have are n/a in the report.

--threshold checks the saved results against thresholds in place of those that the run
had. The report shows them; the file is unchanged. The exit codes are then those of
driver run: 1 the run failed or is incomplete, 99 a threshold isn't met, 130 the run was
interrupted. Exit code 2 is usage, or a file that can't be read. DSQLLOAD_THRESHOLD has
no effect here.

text, json, csv, markdown (for a comment on a pull request) and junit are printed on
standard output, html is written to a file beside the results, unless --out names a
file. json is the results in the present format. If the report is written to another
folder than the results, the results file notes that, so that driver verify, cleanup
and cloudwatch update it, unless --threshold was given.

csv is the timeline, with a line for each second of each scenario; an empty field has
no value:

`

// reportCommand makes reports from the results file alone, as the run did.
func reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RESULTS",
		Short: "Make a run's report again from its results file",
		Long:  reportHelp + csvColumns(),
		Example: `  driver report results_20261123_200000.json
  driver report results_20261123_200000.json --format html
  driver report results_20261123_200000.json --out report.md
  driver report results_20261123_200000.json --threshold 'p99<1.5s,lost==0' --out checks.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(quote.Hint(fmt.Errorf("%d results files given: one makes a report", len(args)), "driver compare shows several side by side"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.execute(cmd, args[0]) },
	}
	cmd.Flags().SortFlags = false
	setting.Own(cmd.Flags(), "threshold", &f.thresholds, "")
	cmd.Flags().StringVar(&f.format, "format", "", "text, html, json, csv, markdown or junit (default: by the ending of --out, else text)")
	cmd.Flags().StringVar(&f.out, "out", "", "file to write; - is standard output")
	return cmd
}

// execute makes the report of the results file at path.
func (f *reportFlags) execute(cmd *cobra.Command, path string) error {
	made, err := form.Choose(f.format, f.out)
	if err != nil {
		return usage(err)
	}
	r, err := report.Read(path)
	if err != nil {
		return usage(err)
	}
	// Both must be known before judgeAgain replaces the thresholds.
	judged, aborted := cmd.Flags().Changed("threshold"), r.Run.Config.AbortOnFail && len(r.FailedThresholds()) > 0
	if judged {
		if err := judgeAgain(cmd, r, f.thresholds); err != nil {
			return usage(err)
		}
	}
	// The place is checked before anything is written: a mistyped --out must not overwrite results.
	to := made.Place(f.out, path)
	if err := f.checkPlace(to, path, r, judged); err != nil {
		return usage(err)
	}
	if err := writeReport(cmd, made, r, to); err != nil {
		return incomplete(err)
	}
	if judged { // not kept: the file doesn't have these thresholds
		return judgement(r, aborted)
	}
	made.Keep(cmd.ErrOrStderr(), path, r, f.out)
	return nil
}

// checkPlace returns an error if the report can't be written to the file, or would overwrite
// another one.
func (f *reportFlags) checkPlace(to, results string, r *bench.Record, judged bool) error {
	switch {
	case judged && form.IsMadeAgain(results, r, to):
		return quote.Hint(fmt.Errorf("%s: is the report with the run's own thresholds, which driver verify updates; one with other thresholds must be elsewhere", to),
			"--out names another file, or - for standard output")
	case form.Same(results, to):
		return fmt.Errorf("--out %s: is the results file, which would be overwritten", f.out)
	case f.out == "" || f.out == "-":
		return nil
	}
	if err := checkFile(f.out, ""); err != nil {
		return fmt.Errorf("--out %s: %w", f.out, err)
	}
	return nil
}

// judgeAgain checks r against thresholds in place of its own.
func judgeAgain(cmd *cobra.Command, r *bench.Record, thresholds []string) error {
	c := &r.Run.Config
	c.Thresholds, c.Origin = thresholds, map[string]string{"thresholds": setting.Named(cmd.Flags(), "threshold")}
	if err := threshold.Validate(c); err != nil {
		return err
	}
	threshold.Judge(r)
	return nil
}

// judgement returns the exit for saved results that were checked against other thresholds.
// aborted: one of the run's own thresholds may have ended the run.
func judgement(r *bench.Record, aborted bool) error {
	// A run that a threshold of its own ended early counts as ended by a threshold only if it
	// misses one of the new ones too. Else it is an interrupted run.
	code := codeOf(run.EndOf(r, aborted && len(r.FailedThresholds()) > 0))
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

// writeReport writes the report to the file at path, or to standard output if it is empty.
func writeReport(cmd *cobra.Command, f form.Form, r *bench.Record, path string) error {
	if path == "" {
		return f.Write(cmd.OutOrStdout(), r)
	}
	if err := report.WriteFile(path, func(w io.Writer) error { return f.Write(w, r) }); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "Report: %s\n", quote.Line(path))
	return err
}

// csvColumns lists the columns of the csv form for the help.
func csvColumns() string {
	var b strings.Builder
	for _, c := range report.Columns() {
		fmt.Fprintf(&b, "  %-18s %s\n", c.Name, c.Means)
	}
	return strings.TrimRight(b.String(), "\n")
}
