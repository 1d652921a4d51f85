package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/local"
)

func localCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f localFlags
	var port, inFlight int
	cmd := &cobra.Command{
		Use:   "local",
		Short: "Keep the local target up until Ctrl-C",
		Long: `Start a throwaway PostgreSQL and the local Lambda service and keep them up. Any
AWS SDK or CLI invokes the function at the endpoint that is printed; the
credentials may be anything.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := fromEnvironment(cmd.Flags(), lookup); err != nil {
				return usage(err)
			}
			if port < 0 || port > 65535 || inFlight < 1 || inFlight > 20000 {
				return usage(fmt.Errorf("--port %d and --max-in-flight %d: must be 0 to 65535 and 1 to 20000", port, inFlight))
			}
			faults, err := f.parsedFaults()
			if err != nil {
				return usage(err)
			}
			d := bench.Defaults()
			_, drain, stop := interruptible(cmd.Context(), cmd.ErrOrStderr())
			defer stop()
			target, err := local.Start(drain, local.Options{
				FunctionName: d.FunctionName, Region: d.Region, DatabaseURL: f.databaseURL, InFlight: inFlight,
				EnvConcurrency: f.envConcurrency, ConcurrencyLimit: f.concurrencyLimit,
				FunctionTimeout: f.functionTimeout, KeepDB: f.keepDB, NoFront: f.front == "off", Faults: faults, Address: fmt.Sprintf("127.0.0.1:%d", port),
			})
			if err != nil {
				return usage(err)
			}
			defer func() { err = errors.Join(err, target.Stop()) }()
			db, err := dsql.Open(drain, target.DatabaseURL, 1)
			if err != nil {
				return usage(err)
			}
			defer db.Close()
			if err := db.EnsureTable(drain); err != nil {
				return usage(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), `Lambda endpoint: %s
Database:        %s

  aws lambda invoke --endpoint-url %s --region %s --function-name %s \
      --cli-binary-format raw-in-base64-out --payload '{"scenario":"batch","count":100}' /dev/stdout

Ctrl-C ends both.
`, target.Endpoint, target.DatabaseURL, target.Endpoint, d.Region, d.FunctionName)
			<-drain.Done()
			return nil
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().IntVar(&port, "port", 0, "port of the Lambda service; 0 is a free one")
	cmd.Flags().IntVar(&inFlight, "max-in-flight", 1000, "invocations at once that it must bear")
	return cmd
}
