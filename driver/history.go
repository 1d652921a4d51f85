package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
)

// historyCommand only reads the folder; the table isn't asked.
func historyCommand() *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List the runs of a folder, newest first",
		Long: `List the results files (results_*.json) of a folder: when each run started (local
time), how it ended, and for each scenario its size (invocations x iterations x inserts
or rows), throughput and p99 of statements. >= marks a throughput that the driver's
machine limited. Files that can't be read are at the end, with the reason.`,
		Example: `  driver history
  driver history --out results --limit 5
  driver history --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(quote.Hint(fmt.Errorf("%d arguments given, and driver history takes none", len(args)), "driver history --out %s lists the runs of that folder", quote.Path(args[0])))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd.OutOrStdout()) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.folder, "out", ".", "folder of the results files, as in driver run")
	cmd.Flags().Var(setting.Integer(&f.limit), "limit", "only the newest runs; 0 lists all")
	cmd.Flags().BoolVar(&f.json, "json", false, "JSON instead of a table")
	return cmd
}

// historyFlags are the flags of driver history.
type historyFlags struct {
	folder string
	limit  int
	json   bool
}

// execute prints the history of the folder.
func (f *historyFlags) execute(w io.Writer) error {
	if f.limit < 0 {
		return usage(fmt.Errorf("--limit %d: must be 1 or more, or 0 for all", f.limit))
	}
	h, err := report.ReadHistory(f.folder)
	if err != nil {
		return usage(fmt.Errorf("--out %s: %w", f.folder, err))
	}
	// The folder is read whole even so: which runs are the newest stands in the files.
	if f.limit > 0 {
		h.Limit(f.limit)
	}
	if f.json {
		return incomplete(h.JSON(w))
	}
	return incomplete(h.Text(w))
}
