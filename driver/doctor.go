package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/run"
)

// doctorCommand makes the checks that a run makes before it starts, but reports all of them.
func doctorCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f flags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check whether a run could work, and say how to fix what is wrong",
		Long: `Check everything that a run with the same flags needs, all at once and within 10
seconds, and print the result of each check: ok, warning, failed or skipped, with a
command that fixes it. Nothing is invoked, started or changed. The first line names the
target, which the flags choose in the same way as for a run, and the reason.

On AWS: credentials, region, the function (state, runtime, architecture, time-out
against the plan, environment), reserved and account concurrency against the
invocations in flight, the cluster, the connection and the login. Locally:
PostgreSQL's programs or the database, disk and memory. Of a database: the table
(columns, types, keys, triggers, rights, whether it can be written). On both: the folder
of the results, the collector, Prometheus, Jaeger, Grafana and the limit of open files.

The time-out is compared with an estimate: 20 ms a statement, 0.8 ms for each further
row of a batch, 1 s to start.

Exit codes: 0 nothing failed, 1 something failed, 2 usage, or the table or a user's
rights aren't as the statements of a run need them, even if other checks failed.`,
		Example: `  driver doctor
  driver doctor --function-name my-load-test --region eu-west-1
  driver doctor --target aws --cluster ID.dsql.us-east-1.on.aws --db-user load_test --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := f.resolve(lookup); err != nil {
				return usage(err)
			}
			o, err := run.Examination(&f.Values)
			if err != nil {
				return usage(err)
			}
			return printReport(cmd, f.targetLine(&o.Config), doctor.Run(cmd.Context(), o), asJSON)
		},
	}
	f.addFor(cmd.Flags(), setting.Doctor)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	cmd.Flags().SortFlags = false
	return cmd
}

// printReport prints the report below the line that names the target. It returns the exit that
// the report calls for.
func printReport(cmd *cobra.Command, target string, r *doctor.Report, asJSON bool) error {
	var err error
	if asJSON {
		encoder := json.NewEncoder(quote.JSONWriter(cmd.OutOrStdout()))
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(r)
	} else {
		_, err = fmt.Fprintln(cmd.OutOrStdout(), quote.Line(target))
		err = errors.Join(err, r.Text(cmd.OutOrStdout()))
	}
	// The report has said everything, so these exits have no error to print.
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
