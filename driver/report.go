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

// reportFlags are those of driver report.
type reportFlags struct {
	format, out string
	thresholds  []string
}

func reportCommand() *cobra.Command {
	var f reportFlags
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
		RunE: func(cmd *cobra.Command, args []string) error { return f.execute(cmd, args[0]) },
	}
	cmd.Flags().SortFlags = false
	setting.Own(cmd.Flags(), "threshold", &f.thresholds, "")
	cmd.Flags().StringVar(&f.format, "format", "", "text, html, json, csv, markdown or junit (default: as --out ends, else text)")
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
	judged, aborted := cmd.Flags().Changed("threshold"), r.Run.Config.AbortOnFail && len(r.FailedThresholds()) > 0
	if judged {
		if err := judgeAgain(cmd, r, f.thresholds); err != nil {
			return usage(err)
		}
	}
	to := made.Place(f.out, path)
	if err := f.checkPlace(to, path, r, judged); err != nil {
		return usage(err)
	}
	if err := writeReport(cmd, made, r, to); err != nil {
		return incomplete(err)
	}
	if judged { // a report of other demands than the file's can't be made of it again
		return judgement(r, aborted)
	}
	made.Keep(cmd.ErrOrStderr(), path, r, f.out)
	return nil
}

// checkPlace returns an error if the report can't be written to the file, or would take
// another one's place.
func (f *reportFlags) checkPlace(to, results string, r *bench.Record, judged bool) error {
	switch {
	case judged && form.IsMadeAgain(results, r, to):
		return quote.Hint(fmt.Errorf("%s: is where the report by the run's own thresholds stands, which driver verify makes again; one by other thresholds goes elsewhere", to),
			"--out names another file, or - for standard output")
	case form.Same(results, to):
		return fmt.Errorf("--out %s: is the results file, which would be lost", f.out)
	case f.out == "" || f.out == "-":
		return nil
	}
	if err := checkFile(f.out, ""); err != nil {
		return fmt.Errorf("--out %s: %w", f.out, err)
	}
	return nil
}

// judgeAgain holds r to thresholds in place of its own.
func judgeAgain(cmd *cobra.Command, r *bench.Record, thresholds []string) error {
	c := &r.Run.Config
	c.Thresholds, c.Origin = thresholds, map[string]string{"thresholds": setting.Named(cmd.Flags(), "threshold")}
	if err := threshold.Validate(c); err != nil {
		return err
	}
	threshold.Judge(r)
	return nil
}

// judgement is how the program ends after it judged saved results, and why. aborted: a
// threshold of its own may have ended the run.
func judgement(r *bench.Record, aborted bool) error {
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

// csvColumns lists them for the manual.
func csvColumns() string {
	var b strings.Builder
	for _, c := range report.Columns() {
		fmt.Fprintf(&b, "  %-18s %s\n", c.Name, c.Means)
	}
	return strings.TrimRight(b.String(), "\n")
}
