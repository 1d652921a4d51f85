package run

import (
	"sync"
	"sync/atomic"

	"dsql-load-test/internal/bench"
)

// functionKind is what the run knows of the function: whether it is this suite's, or
// foreign. A foreign function only reports how many rows it wrote, and makes their ids
// itself.
type functionKind struct {
	foreign    atomic.Bool // an answer reported rows alone
	unreported atomic.Bool // and came without Lambda's REPORT line
	announced  sync.Once   // to the user
	ours       bool        // the warm-up's answers reported statements
	unsure     int64       // rows that the warm-up may have written, or may still write
	before     *int64      // rows in the table before the first scenario; nil if they weren't counted
}

// learn takes in the warm-up's summary.
func (k *functionKind) learn(s *bench.Summary) {
	k.foreign.Store(s.Foreign())
	k.unreported.Store(s.Foreign() && s.ColdStarts == nil)
	k.ours = !s.Foreign() && s.SuccessfulLambdas > 0
	k.unsure = s.Rows.Unknown
}
