// Package run does one load test, from opening its target to publishing its results.
//
// Start with run.go: Do opens the session (open.go, aws.go, telemetry.go), runs the stages
// (stages.go: warmup.go, then measure.go for each scenario, then verification), finishes
// the record (record.go) and publishes it (publish.go). foreign.go and kind.go handle
// functions of other suites, guard.go thresholds that end the run early. The session keeps
// the facts of the run in the bench.Record itself. Do returns how the run ended; the caller
// makes an exit code of it.
package run

import (
	"context"
	"errors"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/report"
)

// Ended is the outcome of a run.
type Ended struct {
	End End
	Err error // the reason; may be nil if the figures show it
	// Closing is an error from ending the run's processes, if Err has another reason.
	Closing error
}

// End is how a run ended.
type End int

// The ends, the most severe last.
const (
	Complete        End = iota // every planned row was acknowledged, and no check failed
	Refused                    // nothing was run
	ThresholdMissed            // but complete
	Incomplete                 // it failed, or a check did
	Interrupted                // by a signal
)

// Do does one run. When drain is cancelled it starts no more invocations and waits for those
// in flight; when ctx is cancelled it stops waiting for them.
func Do(ctx, drain context.Context, o Options) (ended Ended) {
	s := newSession(o)
	o.Display.Start(o.Log, interruptsOf(ctx, drain), s.plans()...)
	if o.Repeat != nil {
		s.say("run %d of %d", o.Repeat.Number, o.Repeat.Of)
	}
	// The session is closed before the display stops: closing may print messages. A failure to
	// close makes a complete run incomplete, but never hides an earlier reason.
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
	// begin gets drain, not ctx: before the first invocation one interrupt is enough to stop.
	if err := s.begin(drain); err != nil {
		if drain.Err() != nil {
			return Ended{End: Interrupted, Err: err}
		}
		return Ended{End: Refused, Err: err}
	}
	// The sources of the display's numbers exist only now.
	o.Display.Observe(s.telemetry, s.unobserved)
	o.Display.Watch(s.client.Snapshot)
	if err := s.runStages(ctx, drain); err != nil {
		return Ended{End: Incomplete, Err: s.fail(err)}
	}
	unwritten, journal := s.finish()
	// The screen must be gone before the figures are printed to the same terminal.
	o.Display.Stop()
	if err := errors.Join(s.publish(unwritten), journal); err != nil {
		return Ended{End: Incomplete, Err: err}
	}
	if s.doomed != nil {
		return Ended{End: Incomplete, Err: s.doomed}
	}
	return Ended{End: EndOf(s.record, len(s.broken.texts()) > 0)}
}

// begin opens what the run needs, and creates its results file.
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

// EndOf returns how the run of r ended. aborted: a threshold ended it early.
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
