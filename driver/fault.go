package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// faults collects errors in the values of flags.
type faults struct {
	named func(flag string) string // returns the source of a flag's value
	all   []error
}

// faultsOf returns an empty collection for the flags of a command.
func faultsOf(s *pflag.FlagSet) *faults {
	return &faults{named: func(flag string) string { return setting.Named(s, flag) }}
}

// must adds an error unless ok. A value that is an address is shown without its password.
func (f *faults) must(ok bool, flag string, value any, allowed string) {
	if ok {
		return
	}
	// Errors end up in logs, so no password may be in them.
	if text, ok := value.(string); ok {
		value = secret.Address(text)
	}
	if value == "" {
		value = `""`
	}
	f.all = append(f.all, fmt.Errorf("%s = %v: must be %s", f.named(flag), value, allowed))
}

// add adds err, unless it is nil, with the flag before it. value may be left empty if it can
// hold a secret.
func (f *faults) add(flag, value string, err error) {
	if err != nil {
		f.all = append(f.all, quote.Each(strings.TrimSpace(f.named(flag)+" "+value), err))
	}
}

// err returns all errors as one; nil if there are none.
func (f *faults) err() error { return errors.Join(f.all...) }
