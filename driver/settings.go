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
	"dsql-load-test/internal/telemetry/relay"
)

// flags are the settings of a command.
type flags struct{ setting.Values }

// addAll adds all flags of driver run.
func (f *flags) addAll(s *pflag.FlagSet) {
	f.Add(s, setting.Flags()...)
	s.SortFlags = false
}

// addSituation adds the flags that decide what a run needs, for driver doctor: all but those
// that only say how often it runs, how it is judged and what it prints.
func (f *flags) addSituation(s *pflag.FlagSet) {
	others := []string{
		"repeat", "threshold", "abort-on-fail", "max-cost", "prices", "skip-checks", "dry-run",
		"junit", "no-html", "json", "cloudwatch",
	}
	f.Add(s, slices.DeleteFunc(setting.Flags(), func(name string) bool { return slices.Contains(others, name) })...)
	s.SortFlags = false
}

// addSize adds the flags that decide how many rows a run writes.
func (f *flags) addSize(s *pflag.FlagSet) {
	f.Add(s, "scenario", "num-lambdas", "iterations", "count", "warm-up", "config")
}

// addLocal adds the flags of the local target.
func (f *flags) addLocal(s *pflag.FlagSet) {
	f.Add(s, "database-url", "env-concurrency", "concurrency-limit", "function-timeout", "front", "fault", "keep-db")
}

// strangers returns an error for each variable DSQLLOAD_... that no command has a flag for:
// if a variable is mistyped, its flag would silently keep its default.
func strangers(root *cobra.Command, environ []string) error {
	// One variable has no flag: it is for the collector's metrics.
	known := []string{relay.CollectorMetricsVariable}
	learn := func(f *pflag.Flag) { known = append(known, setting.Variable(f.Name)) }
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

// stranger returns the error for one such variable.
func stranger(name string, known []string) error {
	flag := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, setting.VariablePrefix), "_", "-"))
	if now := setting.Renamed(flag); now != "" {
		return fmt.Errorf("environment variable %s is now %s", name, setting.Variable(now))
	}
	err := fmt.Errorf("environment variable %s: no command has a flag --%s", name, flag)
	return quote.Hint(suggest.Hint(err, name, known, ""),
		"driver run --help lists them; unset %s if it is not meant for this program", name)
}
