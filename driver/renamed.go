package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// renamed is the present name of a flag that had another one before; empty when
// it never had.
func renamed(flag string) string {
	return map[string]string{"tempo-url": "jaeger-url"}[flag]
}

// renamedFlag says of a command line's error what the flag is called now; nil
// when the error isn't of a renamed flag.
func renamedFlag(err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return nil
	}
	old := unknown.GetSpecifiedName()
	if now := renamed(old); now != "" {
		return fmt.Errorf("unknown flag: --%s is now --%s", old, now)
	}
	return nil
}
