package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// faults collects what is wrong with the values of flags.
type faults struct {
	set *pflag.FlagSet
	all []error
}

// must notes a fault unless ok. A value that is an address is shown without its
// password.
func (f *faults) must(ok bool, flag string, value any, allowed string) {
	if ok {
		return
	}
	if text, ok := value.(string); ok {
		value = secret.Address(text)
	}
	if value == "" {
		value = `""`
	}
	f.all = append(f.all, fmt.Errorf("%s = %v: must be %s", named(f.set, flag), value, allowed))
}

// add notes err, unless it is nil, after the flag that it is of. value may be
// empty, of one that holds a secret.
func (f *faults) add(flag, value string, err error) {
	if err != nil {
		f.all = append(f.all, quote.Each(strings.TrimSpace(named(f.set, flag)+" "+value), err))
	}
}

func (f *faults) err() error { return errors.Join(f.all...) }

// named is what gave a flag its value: itself, or its variable.
func named(s *pflag.FlagSet, flag string) string {
	if variable := variableOf(s, flag); variable != "" {
		return variable
	}
	return "--" + flag
}

// variableOf is the variable that gave a flag its value; empty when none did.
func variableOf(s *pflag.FlagSet, flag string) string {
	if f := s.Lookup(flag); f != nil && len(f.Annotations[originAnnotation]) > 0 {
		return f.Annotations[originAnnotation][0]
	}
	return ""
}

// typed reports whether a flag was given on the command line.
func typed(s *pflag.FlagSet, flag string) bool { return s.Changed(flag) && variableOf(s, flag) == "" }
