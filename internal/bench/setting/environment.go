package setting

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Lookup returns a function like os.LookupEnv for an environment in the form of
// os.Environ.
func Lookup(environ []string) func(string) (string, bool) {
	values := make(map[string]string, len(environ))
	for _, e := range slices.Backward(environ) { // the first entry of a name counts
		name, value, _ := strings.Cut(e, "=")
		values[name] = value
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

// FromEnvironment sets each flag of a command from its variable, unless the command line
// has the flag or its opposite.
func FromEnvironment(s *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var faults []error
	s.VisitAll(func(f *pflag.Flag) {
		name := Variable(f.Name)
		value, ok := lookup(name)
		if other := opposite(f.Name); !ok || f.Changed || Typed(s, other) && s.Lookup(other).Value.String() != "false" {
			return
		}
		if err := s.Set(f.Name, value); err != nil {
			faults = append(faults, fmt.Errorf("environment variable %s: %w", name, err))
			return
		}
		_ = s.SetAnnotation(f.Name, originAnnotation, []string{name}) // fails only for an unknown flag
	})
	return errors.Join(faults...)
}

func opposite(flag string) string {
	if all := rows(flag); len(all) > 0 {
		return all[0].Opposite
	}
	return ""
}

// Named returns the source of a flag's value for a message: the flag or its variable.
func Named(s *pflag.FlagSet, flag string) string {
	if variable := variableOf(s, flag); variable != "" {
		return variable
	}
	return "--" + flag
}

// Typed reports whether a flag was given on the command line.
func Typed(s *pflag.FlagSet, flag string) bool { return s.Changed(flag) && variableOf(s, flag) == "" }

// variableOf returns the variable that set a flag; "" if none did.
func variableOf(s *pflag.FlagSet, flag string) string {
	if f := s.Lookup(flag); f != nil && len(f.Annotations[originAnnotation]) > 0 {
		return f.Annotations[originAnnotation][0]
	}
	return ""
}
