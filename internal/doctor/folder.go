package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dsql-load-test/internal/secret"
)

func (e *exam) checkFolder(context.Context) Check {
	if err := Writable(e.o.OutFolder); err != nil {
		return failed("another --out", "%s", err)
	}
	return ok("files can be made in %s", e.o.OutFolder)
}

// Writable returns an error if no file can be created in folder or, if that is missing, in
// the nearest existing folder above it. It creates a file and removes it, because a file
// system may refuse it for other reasons than permissions.
func Writable(folder string) error {
	there := filepath.Clean(folder)
	info, err := os.Stat(there)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(there) != there {
		there = filepath.Dir(there)
		info, err = os.Stat(there)
	}
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", there)
	}
	probe, err := os.CreateTemp(there, ".probe-*")
	if err != nil {
		return fmt.Errorf("no file can be made in %s: %w", there, secret.Cause(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
