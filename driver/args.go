package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// oneArgument returns a check that a command has exactly one argument. name is for messages.
func oneArgument(name string) cobra.PositionalArgs {
	// cobra.ExactArgs would not name the argument that is missing.
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return usage(fmt.Errorf("%s is missing: %s", name, cmd.UseLine()))
		case 1:
			return nil
		}
		return usage(fmt.Errorf("%d arguments given, and %s takes one: %s", len(args), cmd.CommandPath(), name))
	}
}
