package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"dsql-load-test/internal/compare"
	"dsql-load-test/internal/quote"
)

// compareFlags are the flags of driver compare.
type compareFlags struct {
	format     string
	json       bool
	alpha      float64
	runNoise   string
	regression string
	gated      bool // regression is given
	force      bool
}

const compareHelp = `Compare runs by their results files. Each side is a results file, a folder of
results files (driver run --repeat makes one) or a quoted pattern. With 4 or more runs a
side, the noise is the difference between equal runs. With one run a side the noise is
assumed (--run-noise), and the output says "within-run". docs/compare.md explains how to
read it.

INVALID runs are refused unless forced. Differences between configurations, targets,
hosts and versions are shown.

What couldn't be tested is listed with the reason, such as a percentile of too few
statements. --fail-on-regression names on stderr what it could not test.

Exit codes: 0 compared; 1 an INVALID run was refused, or --fail-on-regression
found a regression; 2 usage, a file that can't be read, or --fail-on-regression could
test nothing, or not a figure that it names.`

// compareCommand never writes to the files that it compares.
func compareCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare OLD NEW [NEW...]",
		Short: "Compare runs, and say which differences are more than noise",
		Long:  compareHelp,
		Example: `  driver run --scenario 2 --repeat 5 --out old
  driver compare old new
  driver compare old new --fail-on-regression 5%
  driver compare old new --fail-on-regression throughput=5%,p99=10%
  driver compare 'results/results_20261101_*.json' results/results_20261102_101500.json
  driver compare old new newer --format html > comparison.html`,
		Args: twoSides,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.gated = cmd.Flags().Changed("fail-on-regression")
			return f.execute(cmd.OutOrStdout(), cmd.ErrOrStderr(), args, lookup)
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func (f *compareFlags) add(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&f.format, "format", "text", "text, markdown, html or json")
	flags.BoolVar(&f.json, "json", false, "the same as --format json")
	flags.StringVar(&f.regression, "fail-on-regression", "", "exit 1 when one of "+strings.Join(compare.Watched(), ", ")+" is significantly worse by at least this, such as 5%; or a share for each figure: 'throughput=5%,p99=10%'")
	flags.Float64Var(&f.alpha, "alpha", compare.DefaultAlpha, "share of comparisons of equal runs that may show a change")
	flags.StringVar(&f.runNoise, "run-noise", fmt.Sprintf("%v%%", 100*compare.DefaultRunNoise), "with one run a side: standard deviation of the throughput of equal runs")
	flags.BoolVar(&f.force, "force", false, "compare INVALID runs too")
}

// execute reads all sides before it compares any, so that all unreadable files are reported at once.
func (f *compareFlags) execute(stdout, stderr io.Writer, args []string, lookup func(string) (string, bool)) error {
	options, gate, err := f.parse()
	if err != nil {
		return usage(err)
	}
	sides := make([]compare.Side, len(args))
	var faults []error
	for i, arg := range args {
		sides[i], err = compare.Open(arg)
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return usage(err)
	}
	c, err := compare.Compare(sides, options)
	switch {
	case errors.Is(err, compare.ErrInvalid):
		return incomplete(quote.Hint(err, "--force compares it anyway"))
	case err != nil:
		return usage(err)
	}
	// The comparison is printed before the gate is checked: it explains a failure.
	if err := f.print(stdout, c, lookup); err != nil {
		return incomplete(fmt.Errorf("print the comparison: %w", err))
	}
	if !f.gated {
		return nil
	}
	return f.regressions(c.Regressions(gate), stderr)
}

// regressions returns the exit for the regressions that the gate found, nil if there are none.
func (f *compareFlags) regressions(r compare.Regressions, stderr io.Writer) error {
	for _, one := range r.Untested {
		fmt.Fprintf(stderr, "warning: --fail-on-regression could not test %s\n", quote.Line(one))
	}
	open := r.Open
	if open != nil {
		open = quote.Hint(fmt.Errorf("--fail-on-regression %s: %w", f.regression, open), "give it 5 or more runs a side (driver run --repeat 5), each with those scenarios and enough statements")
	}
	// A gate that could test nothing is a mistake in the command (exit 2), not a pass.
	if len(r.Found) == 0 {
		return usage(open)
	}
	head := fmt.Sprintf("regression of %s or more:", f.regression)
	faults := []error{errors.New(head)}
	for _, sentence := range r.Found {
		faults = append(faults, errors.New(sentence))
	}
	return incomplete(errors.Join(append(faults, open)...))
}

// parse parses the flags. It reports all faults at once.
func (f *compareFlags) parse() (o compare.Options, gate compare.Gate, err error) {
	all := &faults{named: func(flag string) string { return "--" + flag }}
	if f.json {
		f.format = "json"
	}
	if !slices.Contains([]string{"text", "markdown", "html", "json"}, f.format) {
		all.add("format", f.format, errors.New("must be text, markdown, html or json"))
	}
	if !(f.alpha > 0 && f.alpha <= 0.5) {
		all.add("alpha", fmt.Sprint(f.alpha), errors.New("must be above 0 and at most 0.5"))
	}
	o = compare.Options{Alpha: f.alpha, Force: f.force}
	o.RunNoise, err = compare.ParsePercent(f.runNoise)
	all.add("run-noise", f.runNoise, err)
	if f.gated {
		gate, err = compare.ParseGate(f.regression)
		all.add("fail-on-regression", f.regression, err)
	}
	return o, gate, all.err()
}

// print writes the comparison in the format of --format, which parse has checked.
func (f *compareFlags) print(w io.Writer, c *compare.Comparison, lookup func(string) (string, bool)) error {
	write, other := map[string]func(io.Writer) error{"json": c.JSON, "markdown": c.Markdown, "html": c.HTML}[f.format]
	if other {
		return write(w)
	}
	return c.Text(w, colourful(w, lookup))
}

// colourful reports whether w is a terminal and NO_COLOR isn't set (no-color.org).
func colourful(w io.Writer, lookup func(string) (string, bool)) bool {
	file, ok := w.(*os.File)
	plain, _ := lookup("NO_COLOR")
	return ok && plain == "" && term.IsTerminal(int(file.Fd()))
}

// twoSides checks that there are at least two arguments.
func twoSides(_ *cobra.Command, args []string) error {
	if len(args) < 2 {
		return usage(quote.Hint(errors.New("a comparison needs an old and a new side"), "driver compare --help"))
	}
	return nil
}
