package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/suggest"
)

// flags are the settings of a command.
type flags struct{ setting.Values }

// addAll adds all flags of driver run.
func (f *flags) addAll(s *pflag.FlagSet) {
	f.Add(s, setting.Flags()...)
	s.SortFlags = false
}

// addFor adds the flags that another command has too.
func (f *flags) addFor(s *pflag.FlagSet, c setting.Commands) { f.Add(s, setting.FlagsFor(c)...) }

// strangers returns an error for each variable DSQLLOAD_... that no command has a flag for:
// if a variable is mistyped, its flag would silently keep its default.
func strangers(root *cobra.Command, environ []string) error {
	var known []string
	learn := func(f *pflag.Flag) {
		if !slices.Contains(flagsOfCobra(), f.Name) {
			known = append(known, setting.Variable(f.Name))
		}
	}
	root.Flags().VisitAll(learn)
	root.PersistentFlags().VisitAll(learn)
	for _, cmd := range root.Commands() { // not their own commands: only cobra's completion has some, and reads no variables
		cmd.Flags().VisitAll(learn)
	}
	var faults []error
	for _, e := range environ {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, setting.VariablePrefix) && !slices.Contains(known, name) {
			faults = append(faults, stranger(name, known))
		}
	}
	return errors.Join(faults...)
}

// flagsOfCobra returns the flags that cobra adds and no variable sets.
func flagsOfCobra() []string { return []string{"help", "version"} }

// stranger returns the error for one such variable.
func stranger(name string, known []string) error {
	own := strings.TrimPrefix(name, setting.VariablePrefix)
	flag := strings.ToLower(strings.ReplaceAll(own, "_", "-"))
	if now := setting.Renamed(flag); now != "" {
		return fmt.Errorf("environment variable %s is now %s", name, setting.Variable(now))
	}
	err := fmt.Errorf("environment variable %s: no command has a flag --%s", name, flag)
	if slices.Contains(flagsOfCobra(), flag) {
		err = fmt.Errorf("environment variable %s: no variable sets --%s", name, flag)
	}
	var meant []string
	for _, variable := range known {
		meant = append(meant, strings.TrimPrefix(variable, setting.VariablePrefix))
	}
	return quote.Hint(suggest.Hint(err, own, meant, setting.VariablePrefix),
		"driver run --help lists them; unset %s if it is not meant for this program", name)
}
