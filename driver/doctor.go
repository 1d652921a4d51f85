package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/run"
)

func doctorCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f flags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look whether a run could work, and say what cures what is wrong",
		Long: `Look at everything that a run with the same flags needs, all at once and within 10
seconds, and print what was found: ok, warning, failed or skipped, with the command
that cures it. Nothing is invoked, started or changed. The first line names the
target, which the flags choose as they do for a run, and why it is that.

On AWS: credentials, region, the function (state, runtime, architecture, time-out
against the plan, environment), reserved and account concurrency against the
invocations in flight, the cluster, the way to it and the login. Locally:
PostgreSQL's programs or the database, disk and memory. Of a database: the table
(columns, types, keys, triggers, rights, whether it can be written). On both: the folder
of the results, the collector, Prometheus, Jaeger, Grafana and the limit of open files.

The time-out is set against an estimate: 20 ms a statement, 0.8 ms for each further
row of a batch, 1 s to start.

Exit codes: 0 nothing failed, 1 something failed, 2 usage, or the table or a user's
rights aren't as the statements of a run need them, whatever else failed.`,
		Example: `  driver doctor
  driver doctor --function-name my-load-test --region eu-west-1
  driver doctor --target aws --cluster ID.dsql.us-east-1.on.aws --db-user load_test --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := f.doctorOptions(cmd, lookup)
			if err != nil {
				return usage(err)
			}
			return tell(cmd, f.targetLine(&o.Config), doctor.Run(cmd.Context(), o), asJSON)
		},
	}
	f.addSituation(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	cmd.Flags().SortFlags = false
	return cmd
}

// doctorOptions are what a run with these flags needs.
func (f *flags) doctorOptions(cmd *cobra.Command, lookup func(string) (string, bool)) (doctor.Options, error) {
	if _, err := f.resolve(lookup); err != nil {
		return doctor.Options{}, err
	}
	return run.Examination(&f.Values)
}

// tell prints the report below the line that names the target; what failed is the
// exit code.
func tell(cmd *cobra.Command, target string, r *doctor.Report, asJSON bool) error {
	err := func() error {
		if !asJSON {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), quote.Line(target))
			return errors.Join(err, r.Text(cmd.OutOrStdout()))
		}
		encoder := json.NewEncoder(quote.JSONWriter(cmd.OutOrStdout()))
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(r)
	}()
	switch {
	case err != nil:
		return incomplete(fmt.Errorf("print the report: %w", err))
	case r.TableDiffers():
		return &exitError{code: exitUsage}
	case r.Failed():
		return &exitError{code: exitIncomplete}
	}
	return nil
}
