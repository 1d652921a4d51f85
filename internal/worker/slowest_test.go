package worker_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/worker"
)

// Each of the slowest statements says where its time went, the late ones of a long
// invocation too, and what the database refused it with. Unobserved, none does.
func TestSlowestTellPhases(t *testing.T) {
	t.Parallel()
	const statements, slow = 250, 60 // the last ones
	lambda, err := capture.NewLambda(t.Context(), func(string) string { return "" }, "env-0001", capture.Database{Host: "h", Name: "postgres", Table: "t"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		lambda *capture.Lambda
		detail bench.TraceDetail
	}{
		{"in detail", lambda, bench.DetailAll},
		{"without detail", lambda, bench.DetailLogical},
		{"unobserved", nil, bench.DetailAll},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.w = worker.New(f.db, "env-0001", tc.lambda, slog.New(slog.DiscardHandler))
			f.Do("CREATE SEQUENCE nth")
			f.beforeInsert(fmt.Sprintf("IF nextval('nth') > %d THEN PERFORM pg_sleep(0.02);", statements-slow) +
				" IF currval('nth') % 3 = 0 THEN RAISE 'too large' USING ERRCODE = '54000'; END IF; END IF;")
			inv := invocation(bench.Individual, statements, 1)
			inv.Telemetry = &bench.TelemetryRequest{Mode: bench.TelemetryRelay, Detail: tc.detail}
			r := f.invoke(context.Background(), inv)
			if len(r.Slowest) != bench.SlowestKept {
				t.Fatalf("%d slowest", len(r.Slowest))
			}
			late, failed := 0, 0
			for _, s := range r.Slowest {
				observed := tc.lambda != nil
				queries := slices.DeleteFunc(slices.Clone(s.Phases), func(p bench.PhaseTime) bool { return p.Phase != "query" })
				if (len(queries) == 1) != observed || (len(s.Phases) > 0) != observed || (s.SpanID != "") != observed || (s.TraceID != "") != observed {
					t.Errorf("phases %v, trace %q, span %q of %+v", s.Phases, s.TraceID, s.SpanID, s)
				}
				if s.Detailed != (observed && tc.detail == bench.DetailAll) {
					t.Errorf("iteration %d: detailed %v", s.Iteration, s.Detailed)
				}
				if s.Iteration >= statements-slow {
					late++
					if observed && len(queries) == 1 && queries[0].Ms < 20 {
						t.Errorf("iteration %d slept 20 ms, and its query took %v ms", s.Iteration, queries[0].Ms)
					}
				}
				sqlstate := ""
				if s.Outcome == bench.Failed {
					failed, sqlstate = failed+1, "54000"
				}
				if s.Error != sqlstate || s.SQLSTATE != sqlstate {
					t.Errorf("%s, error %q, SQLSTATE %q, want %q", s.Outcome, s.Error, s.SQLSTATE, sqlstate)
				}
			}
			if late == 0 || failed == 0 {
				t.Errorf("%d of the slowest are late ones and %d failed: the test tests nothing", late, failed)
			}
		})
	}
}
