package postgres

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"dsql-load-test/internal/local/scratch"
)

// failed is an error of a program that wrote text: the line that tells why, not all of it.
// Where that is the disk's, the error names the temporary folder.
func (c *cluster) failed(what, text string) error {
	line := telling(text)
	for _, cause := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO} {
		if strings.HasSuffix(strings.ToLower(line), cause.Error()) { // the C library's text, by LC_ALL=C
			return scratch.Unusable(filepath.Dir(c.folder), fmt.Errorf("%s: %w", what, cause))
		}
	}
	return errors.New(what + ": " + line)
}

// telling is the first line of a program's output that says why it ended, without its
// time and process; where there is none the last lines.
func telling(text string) string {
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
