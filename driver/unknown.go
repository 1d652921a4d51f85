package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/suggest"
)

// unknownCommand adds to cobra's error a suggestion which command was meant.
func unknownCommand(root *cobra.Command, err error) error {
	var word string
	if err == nil {
		return nil
	}
	// cobra has no type for this error, so its text must be read.
	if _, scan := fmt.Sscanf(err.Error(), "unknown command %q", &word); scan != nil {
		return err
	}
	var known []string
	for _, c := range root.Commands() {
		known = append(known, c.Name())
	}
	return suggest.Hint(err, word, known, root.Name()+" ")
}

// unknownFlag adds to cobra's error the new name of a renamed flag, or a suggestion which flag
// was meant.
func unknownFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || len(unknown.GetSpecifiedName()) < 2 {
		return err
	}
	name := unknown.GetSpecifiedName()
	if now := setting.Renamed(name); now != "" {
		return fmt.Errorf("unknown flag: --%s is now --%s", name, now)
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	return suggest.Hint(err, name, known, "--")
}
