package e2e_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/postgrestest"
	"dsql-load-test/test/stack"
)

// A paced run's rows take 20 ms each, four at a time.
const (
	pacedInFlight = 4
	pacedRows     = 8 * 50
)

// gate lets the first ten rows of a connection pass; the others wait until the test releases
// its lock. The first ten last for more than a second, so that the function tells of them before.
const gate = `
	DECLARE passed bigint := coalesce(nullif(current_setting('gate.passed', true), ''), '0')::bigint;
	BEGIN
		PERFORM set_config('gate.passed', (passed + 1)::text, false);
		IF passed >= 10 THEN PERFORM pg_advisory_xact_lock_shared(1); END IF;
		PERFORM pg_sleep(CASE WHEN passed < 10 THEN 0.12 ELSE 0.02 END);
	END;`

// paced starts a run for each list of arguments, and returns when all runs are inserting.
// They wait there until goOn is called.
func (l *lab) paced(t *testing.T, database string, runs ...[]string) (all []*process, goOn func()) {
	t.Helper()
	at := l.database(t, database, gate)
	db := postgrestest.Connect(t, at)
	lock := func(sql string) {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	lock("SELECT pg_advisory_lock(1)")
	for _, args := range runs {
		all = append(all, l.start(t, append(l.observed(), to(at)...), append([]string{
			"--scenario", "1", "--num-lambdas", "8", "--iterations", "50", "--concurrency", strconv.Itoa(pacedInFlight), "--warm-up", "0",
		}, args...)...))
	}
	eventually.Nil(t, func() error {
		var inserting int
		err := db.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'").Scan(&inserting)
		return errors.Join(err, is("statements being inserted", inserting, pacedInFlight*len(runs)))
	})
	return all, func() { lock("SELECT pg_advisory_unlock(1)") }
}

// testFails breaks the collector during runs.
func (l *lab) testFails(t *testing.T) {
	for _, way := range []struct {
		name       string
		fail, mend func() error
	}{
		{"killed", func() error { l.stack.KillCollector(); return nil }, func() error { return l.stack.RestartCollector(t.Context()) }},
		{"paused", l.stack.PauseCollector, l.stack.ResumeCollector},
	} {
		t.Run(way.name, func(t *testing.T) {
			both, goOn := l.paced(t, way.name, []string{"--settle", "0"}, []string{"--settle", "0", "--telemetry-required"})
			if err := way.fail(); err != nil {
				t.Fatal(err)
			}
			goOn()
			for want, p := range both {
				r := p.wait()
				t.Logf("ended %v after its run", r.end.Sub(r.record.Run.EndedAt))
				if err := errors.Join(is("exit code", r.code, want), r.complete(pacedRows), balanced(r.record.Telemetry), warned(r.record), r.late()); err != nil {
					t.Errorf("%s: %v", way.name, err)
				}
				if hop := r.record.Telemetry.Spans.Driver; hop.Dropped["unconfirmed"] == 0 {
					t.Errorf("%s: spans %+v: want some unconfirmed", way.name, hop)
				}
			}
			if err := way.mend(); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("restarted", l.testRestarted)
}

// quietTime is how long no span comes to a collector that is quiet: longer than the driver
// keeps one back.
const quietTime = 5 * time.Second

// quiet waits until the collector got no spans for a while and has passed on all that it got.
// It asks the collector itself: Prometheus knows its counters seconds later.
func (l *lab) quiet(t *testing.T) {
	t.Helper()
	var last stack.Spans
	since := time.Now()
	eventually.Nil(t, func() error {
		now, err := l.stack.CollectorSpans(t.Context())
		if err != nil {
			return err
		}
		if now != last {
			last, since = now, time.Now()
		}
		if now.Accepted != now.Sent || time.Since(since) < quietTime {
			return fmt.Errorf("the collector accepted %v spans and sent %v, for %v", now.Accepted, now.Sent, time.Since(since))
		}
		return nil
	})
}

// testRestarted: telemetry that a collector misses while it is down arrives after its restart.
func (l *lab) testRestarted(t *testing.T) {
	// The run lasts until long after the collector's restart.
	const iterations = 500
	runs, goOn := l.paced(t, "restarted", []string{"--telemetry-required", "--iterations", strconv.Itoa(iterations)})
	l.quiet(t) // what a collector has in memory when it is killed is lost
	l.stack.KillCollector()
	goOn()
	if err := l.stack.RestartCollector(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	r := runs[0].wait()
	if left := r.record.Scenario1.EndedAt.Sub(back); left > 0 {
		t.Logf("the collector was back %v before the last answer", left)
	}
	hop := r.record.Telemetry.Spans.Driver
	err := errors.Join(is("exit code", r.code, 0), r.complete(8*iterations), agree(r, 8*iterations), balanced(r.record.Telemetry),
		is("spans passed", hop.Passed, hop.Received+hop.Produced))
	if err != nil {
		t.Error(err)
	}
	l.awaitSpans(t, r)
}
