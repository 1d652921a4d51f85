package run

import (
	"sync/atomic"

	"dsql-load-test/internal/verify"
)

// results is where a run's record is kept. The file exists from the start of the run
// and the journal beside it notes how each invocation ended, so that driver verify can
// check the run even if this process is killed.
type results struct {
	path    string
	journal *verify.Journal
	unnoted atomic.Pointer[error] // the first failure to write the journal
}
