// Package run is one load test, from the start of its target to its end: it opens what
// the run needs, warms the function up, measures the scenarios, looks at the table and
// keeps the record. What comes of it is data: the caller turns it into an exit code.
package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/progress"
	"dsql-load-test/internal/report"
)

// Options say what is run.
type Options struct {
	Values  *setting.Values
	ID      string // of the run
	Started time.Time
	Folder  string        // for the results
	Repeat  *bench.Repeat // nil of a run by itself
	Out     io.Writer     // for the figures
	Log     io.Writer     // for messages about this run
	Display *progress.Display
}

// NewID makes an id for a run that starts now.
func NewID(now time.Time) string {
	return ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy()).String()
}

// Ended is what came of a run.
type Ended struct {
	End End
	Err error // the reason; may be nil where the figures tell it
	// Closing is what went wrong besides, when the run's processes were ended.
	Closing error
}

// End is how a run ended.
type End int

// The ends, in ascending weight.
const (
	Complete        End = iota // every planned row was acknowledged, and no check failed
	Refused                    // nothing was run
	ThresholdMissed            // else complete
	Incomplete                 // it failed, or a check did
	Interrupted                // somebody stopped it
)

// Do does one run. drain ends it early: what is in flight is waited for; ctx gives that
// up.
func Do(ctx, drain context.Context, o Options) (ended Ended) {
	s := newSession(o)
	o.Display.Start(o.Log, interruptsOf(ctx, drain), s.plans()...)
	if o.Repeat != nil {
		s.say("run %d of %d", o.Repeat.Number, o.Repeat.Of)
	}
	defer func() {
		closed := s.close()
		o.Display.Stop()
		switch {
		case closed != nil && ended.End == Complete:
			ended.End, ended.Err = Incomplete, closed
		case closed != nil:
			ended.Closing = closed
		}
	}()
	if err := s.begin(drain); err != nil {
		if drain.Err() != nil {
			return Ended{End: Interrupted, Err: err}
		}
		return Ended{End: Refused, Err: err}
	}
	o.Display.Observe(s.telemetry, s.unobserved)
	o.Display.Watch(s.client.Snapshot)
	if err := s.runStages(ctx, drain); err != nil {
		return Ended{End: Incomplete, Err: s.fail(err)}
	}
	unwritten, journal := s.finish()
	o.Display.Stop()
	if err := errors.Join(s.publish(unwritten), journal); err != nil {
		return Ended{End: Incomplete, Err: err}
	}
	if s.doomed != nil {
		return Ended{End: Incomplete, Err: s.doomed}
	}
	return Ended{End: EndOf(s.record, len(s.broken.texts()) > 0)}
}

// begin opens what the run needs, and makes its results file.
func (s *session) begin(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	err := report.CheckFolder(s.Folder)
	if err == nil {
		err = s.create()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Values.Named("out"), err)
	}
	return nil
}

// EndOf is the end of a run that came to r. aborted: a threshold ended it.
func EndOf(r *bench.Record, aborted bool) End {
	switch v := r.Verification; {
	case r.Run.Status == bench.Interrupted && !aborted:
		return Interrupted
	case r.Run.Status != bench.Complete && r.Run.Status != bench.Interrupted, r.Verdict.Word == bench.Invalid && !aborted, v != nil && !v.OK:
		return Incomplete
	case aborted, len(r.FailedThresholds()) > 0:
		return ThresholdMissed
	}
	return Complete
}
