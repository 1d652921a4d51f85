package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench/setting"
)

// usageInGroups prints the usage of a command with its flags in groups, which cobra doesn't
// support.
func usageInGroups(cmd *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	// The groups come in the order of the table of settings.
	for _, g := range setting.Groups() {
		writeFlags(&b, string(g)+" flags", flagsOf(cmd.LocalFlags(), string(g)))
	}
	writeFlags(&b, "Other flags", flagsOf(cmd.LocalFlags(), ""))
	writeFlags(&b, "Global flags", cmd.InheritedFlags())
	_, err := fmt.Fprint(cmd.OutOrStderr(), b.String())
	return err
}

// writeFlags writes the help of the flags below a title, if there are any.
func writeFlags(b *strings.Builder, title string, s *pflag.FlagSet) {
	if s.HasAvailableFlags() {
		fmt.Fprintf(b, "\n%s:\n%s", title, s.FlagUsages())
	}
}

// flagsOf returns the flags of one group; "" returns the flags without a group.
func flagsOf(all *pflag.FlagSet, group string) *pflag.FlagSet {
	// The order is that of the command, not the alphabet: related flags stand together.
	some := pflag.NewFlagSet("", pflag.ContinueOnError)
	some.SortFlags = false
	all.VisitAll(func(f *pflag.Flag) {
		if strings.Join(f.Annotations[setting.GroupAnnotation], "") == group {
			some.AddFlag(f)
		}
	})
	return some
}

// completeWords lets the shell complete the values of flags with a fixed set of values.
func completeWords(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if words := f.Annotations[setting.WordsAnnotation]; len(words) > 0 {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // fails only for an unknown flag
		}
	})
}

// hasSettings reports whether a command has flags in groups.
func hasSettings(cmd *cobra.Command) bool {
	found := false
	cmd.Flags().VisitAll(func(f *pflag.Flag) { found = found || len(f.Annotations[setting.GroupAnnotation]) > 0 })
	return found
}
