package machine

import (
	"errors"
	"fmt"
	"syscall"

	"dsql-load-test/internal/quote"
)

var errTooFewFiles = errors.New("the limit of open files is too low")

const (
	// LocalFiles is how many open files a call in flight takes on the local target: both
	// ends of its connection, and a connection to the environment.
	LocalFiles = 3
	// RemoteFiles is how many it takes if the service is another process.
	RemoteFiles = 1
	// otherFiles is how many files the process opens besides.
	otherFiles = 256
)

// OpenFiles returns how many files this process may open.
func OpenFiles() (limit uint64, err error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	return uint64(l.Cur), nil
}

// FilesNeeded returns how many open files a run needs if each call in flight takes each files.
func FilesNeeded(inFlight, each int) uint64 { return uint64(each*inFlight + otherFiles) }

// CheckOpenFiles returns an error if the limit of open files is too low for a local
// run with inFlight calls at once.
func CheckOpenFiles(inFlight int) error {
	limit, err := OpenFiles()
	if err != nil {
		return err
	}
	if need := FilesNeeded(inFlight, LocalFiles); limit < need {
		return quote.Hint(fmt.Errorf("%w: %d, and %d invocations in flight need %d", errTooFewFiles, limit, inFlight, need),
			"raise it (ulimit -n %d), or use a lower --concurrency", need)
	}
	return nil
}
