package postgres

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"dsql-load-test/internal/local/scratch"
)

// failed returns the error of a program that wrote text: only the line with the cause.
// If the cause is the disk, the error names the temporary folder.
func (c *cluster) failed(what, text string) error {
	line := causeIn(text)
	for _, cause := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO} {
		if strings.HasSuffix(strings.ToLower(line), cause.Error()) { // the C library's text, because LC_ALL is C
			return scratch.Unusable(filepath.Dir(c.folder), fmt.Errorf("%s: %w", what, cause))
		}
	}
	return errors.New(what + ": " + line)
}

// causeIn returns the first line of a program's output that says why the program ended,
// without time and process id; if there is none, the last five lines.
func causeIn(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, severity := range []string{"FATAL:", "PANIC:", "ERROR:", "initdb: error:"} {
		for _, line := range lines {
			if _, why, found := strings.Cut(line, severity); found {
				return strings.TrimSpace(why)
			}
		}
	}
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}
