// Package textfile reads files from outside, with a limit on their size.
package textfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Read returns the text of the file at path and the time of its last change. It refuses
// files of more than most bytes. Errors begin with the path and name the kind of file that
// is expected, such as "results file".
func Read(path, kind string, most int64) (text []byte, modified time.Time, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, time.Time{}, err
	case info.IsDir():
		return nil, time.Time{}, fmt.Errorf("%s: is a directory, not a %s", path, kind)
	case info.Size() > most:
		return nil, time.Time{}, fmt.Errorf("%s: not a %s: %s, at most %s are read", path, kind, size(info.Size()), size(most))
	}
	text, err = io.ReadAll(io.LimitReader(f, most+1))
	var place *os.PathError
	switch {
	case errors.As(err, &place): // its text names the path
		return nil, time.Time{}, err
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("%s: %w", path, err)
	case int64(len(text)) > most:
		return nil, time.Time{}, fmt.Errorf("%s: not a %s: more than %s", path, kind, size(most))
	}
	return text, info.ModTime(), nil
}

// size returns a number of bytes as text.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
