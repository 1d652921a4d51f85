package run

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/form"
	"dsql-load-test/internal/verify"
)

// create makes the results file and the journal.
func (s *session) create() (err error) {
	s.fill(bench.Running)
	// A killed run leaves this file, and its verdict must be that of a run without results.
	s.record.Verdict = judge.Record(s.record)
	if s.path, err = report.Create(s.Folder, s.record); err != nil {
		return err
	}
	if s.journal, err = verify.CreateJournal(report.JournalOf(s.path)); err != nil {
		// Without a journal the run couldn't be verified after a kill, so it doesn't start.
		return errors.Join(err, os.Remove(s.path)) // nothing was run
	}
	return nil
}

// note writes the end of an invocation to the journal. Many goroutines call it.
func (s *session) note(scenario bench.Scenario, result *bench.Result) {
	if err := s.journal.Note(scenario, result); err != nil && s.unnoted.CompareAndSwap(nil, &err) {
		s.say("warning: %s\nhint: the run goes on; if the driver is killed, driver verify can't settle it", quote.Line(err.Error()))
	}
}

// save writes the record as far as the run has got. A failure doesn't stop the run; only if
// the last write, in finish, fails, the run fails.
func (s *session) save(status bench.Status) {
	s.fill(status)
	s.keep()
}

// keep judges the record and writes it.
func (s *session) keep() {
	s.record.Verdict = judge.Record(s.record)
	if err := report.Rewrite(s.path, s.record); err != nil {
		s.warnOnce(fmt.Sprintf("results could not be written during the run: %v", err))
	}
}

// finish judges the record and writes it for the last time. unwritten is the reason it could
// not be written; err is a failure of the journal.
func (s *session) finish() (unwritten, err error) {
	if err := s.unnoted.Load(); err != nil {
		s.warn("the journal could not be written: %v", *err)
	}
	if s.run.Status == bench.Interrupted {
		for _, t := range s.broken.texts() {
			s.warn("threshold %s could not be met any more: the run was ended early", t)
		}
	}
	if s.Values.JUnit != "" { // so that driver verify and others make it again
		form.Note(s.path, s.record, bench.FormatJUnit, s.Values.JUnit)
	}
	threshold.Judge(s.record)
	s.record.Verdict = judge.Record(s.record)
	unwritten = report.Rewrite(s.path, s.record)
	if unwritten != nil || !s.complete() { // driver verify needs to know which rows were acknowledged
		return unwritten, s.journal.Close()
	}
	return nil, s.journal.Remove()
}

// complete reports whether every planned row was acknowledged.
func (s *session) complete() bool {
	all := s.record.Summaries()
	incomplete := func(summary *bench.Summary) bool { return !summary.Rows.Complete() }
	return len(all) == len(s.config.Scenarios) && !slices.ContainsFunc(all, incomplete)
}

// fail saves the reason why the run failed. The journal stays, for driver verify.
func (s *session) fail(err error) error {
	s.warn("the run failed: %v", err)
	s.save(bench.Incomplete)
	return quote.Hint(err, "driver verify %s says which rows are there", quote.Path(s.path))
}

// fill updates the facts of the run that change while it goes on.
func (s *session) fill(status bench.Status) {
	s.run.Status, s.run.EndedAt = status, time.Now()
	s.run.DurationSeconds = s.run.EndedAt.Sub(s.Started).Seconds()
	if s.target != nil {
		s.fillLocal()
	}
}
