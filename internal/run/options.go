package run

import (
	"io"
	"time"

	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/progress"
)

// Options say what is run, and where its output goes.
type Options struct {
	Values  *setting.Values
	ID      string // the run's ULID
	Started time.Time
	Folder  string        // gets the results file and the reports
	Repeat  *bench.Repeat // nil without --repeat
	Out     io.Writer     // gets the figures
	Log     io.Writer     // gets messages about this run
	Display *progress.Display
}

// NewID returns a new ULID for a run that starts now.
func NewID(now time.Time) string {
	return ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy()).String()
}
