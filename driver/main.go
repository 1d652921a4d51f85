// Command driver runs load tests against Amazon Aurora DSQL through AWS Lambda, or against
// stand-ins for both on this machine.
//
// main.go has the root command, and each command has a file of its name. settings.go and
// usage.go are for the commands whose flags are in the table of settings, database.go for those
// that connect to a database. check.go and fault.go check flags, exit.go and complain.go turn
// errors into an exit code and messages. The work is done by the packages below internal.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/jsonlog"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/telemetry"
)

// The program is also started as a child of itself, in a role such as the keeper of the
// throwaway PostgreSQL. RunRole does the work of that role.
func main() {
	if local.RunRole(os.Getenv) {
		return
	}
	os.Exit(program(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// program runs the program with args and returns its exit code.
func program(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand(os.Environ(), stderr)
	root.SetArgs(args)
	root.SetOut(stdout)
	// Commands return errors; only complain prints them, so that each is printed once.
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitComplete
	}
	var end *exitError
	if !errors.As(err, &end) {
		end = &exitError{code: exitUsage, err: unknownCommand(root, err)} // from cobra: an unknown command or argument
	}
	if end.err != nil {
		complain(root.ErrOrStderr(), end.err, append(ownValues(os.Environ()), args...)...)
	}
	return end.code
}

// ownValues returns the values of the DSQLLOAD_ variables in environ.
func ownValues(environ []string) []string {
	var all []string
	for _, variable := range environ {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, setting.VariablePrefix) {
			all = append(all, value)
		}
	}
	return all
}

// rootCommand returns the command with all others. environ has the form of os.Environ.
func rootCommand(environ []string, stderr io.Writer) *cobra.Command {
	lookup := setting.Lookup(environ)
	root := &cobra.Command{
		Use:           "driver",
		Short:         "Load-test Amazon Aurora DSQL from parallel AWS Lambda invocations",
		Version:       telemetry.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,

		DisableSuggestions: true, // unknownCommand makes them
	}
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &exitError{code: exitUsage, err: quote.Hint(unknownFlag(cmd, err), "%s --help lists the flags", cmd.CommandPath())}
	})
	format := root.PersistentFlags().String("log-format", "text", "messages on stderr: text, or json, one object a line")
	// This runs before every command, and before its own PreRunE. --log-format comes first: the
	// error about an unknown variable must have its format too.
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if value, ok := lookup("DSQLLOAD_LOG_FORMAT"); ok && !cmd.Flags().Changed("log-format") {
			*format = value
		}
		log, err := jsonlog.New(*format, stderr)
		if err != nil {
			return usage(err)
		}
		root.SetErr(log)
		return usage(strangers(root, environ))
	}
	root.AddCommand(commands(lookup)...)
	for _, cmd := range root.Commands() {
		if hasSettings(cmd) {
			cmd.SetUsageFunc(usageInGroups)
			completeWords(cmd)
		}
	}
	refuseStrayNames(root)
	return root
}

// commands returns all commands. Those that resolve settings read their variables then; driver
// report and docs read none; the flags of all others are set from their variables before they
// start.
func commands(lookup func(string) (string, bool)) []*cobra.Command {
	others := []*cobra.Command{
		verifyCommand(), compareCommand(lookup), historyCommand(), cloudwatchCommand(), schemaCommand(), cleanupCommand(), tokenCommand(),
	}
	for _, cmd := range others {
		cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return usage(setting.FromEnvironment(cmd.Flags(), lookup)) }
	}
	return append(others, runCommand(lookup), costCommand(lookup), localCommand(lookup), doctorCommand(lookup), reportCommand(), docsCommand())
}

// refuseStrayNames makes driver help and driver completion fail for an unknown name. Without
// it, cobra prints a help page and reports success.
func refuseStrayNames(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				if err == nil && len(rest) > 0 {
					err = fmt.Errorf("unknown command %q for %q", rest[0], found.CommandPath())
				}
				return usage(unknownCommand(root, err))
			}
		case "completion":
			cmd.Args = cobra.NoArgs
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}
