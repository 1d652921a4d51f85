// Command driver runs load tests against Amazon Aurora DSQL through AWS Lambda,
// or against both on this machine.
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

func main() {
	if local.RunRole(os.Getenv) {
		return
	}
	os.Exit(program(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// program is the whole program: arguments in, exit code out.
func program(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand(os.Environ(), stderr)
	root.SetArgs(args)
	root.SetOut(stdout)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitComplete
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{code: exitUsage, err: unknownCommand(root, err)} // cobra's own: unknown command or argument
	}
	if exit.err != nil {
		complain(root.ErrOrStderr(), exit.err, append(ownValues(os.Environ()), args...)...)
	}
	return exit.code
}

// ownValues are the values of this program's variables in the environment.
func ownValues(environ []string) []string {
	var all []string
	for _, variable := range environ {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "DSQLLOAD_") {
			all = append(all, value)
		}
	}
	return all
}

// rootCommand has all commands. environ is as os.Environ answers it.
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
	withVariables := []*cobra.Command{
		verifyCommand(), compareCommand(lookup), historyCommand(), cloudwatchCommand(), schemaCommand(), cleanupCommand(), tokenCommand(),
	}
	for _, cmd := range withVariables {
		cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return usage(setting.FromEnvironment(cmd.Flags(), lookup)) }
	}
	root.AddCommand(withVariables...)
	// The first four set their flags from variables and the config file; the others take no variables.
	root.AddCommand(runCommand(lookup), costCommand(lookup), localCommand(lookup), doctorCommand(lookup), reportCommand(), docsCommand())
	for _, cmd := range root.Commands() {
		if hasSettings(cmd) {
			cmd.SetUsageFunc(usageInGroups)
			completeWords(cmd)
		}
	}
	refuseStrayNames(root)
	return root
}

// refuseStrayNames makes driver help and driver completion refuse what isn't
// there: cobra's own print a help page and call that a success.
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
