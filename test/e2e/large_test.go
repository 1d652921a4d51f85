package e2e_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"
)

const statements = 50_000

// large is a run of one invocation.
func (l *lab) large(t *testing.T, detail string) *run {
	t.Helper()
	return l.once(t, "large "+detail, func(t *testing.T) *run {
		t.Helper()
		return l.run(t, 0, append(l.observed(), "DSQLLOAD_FRONT=off"), "--num-lambdas", "1", "--iterations", strconv.Itoa(statements), "--scenario", "1",
			"--verify", "off", "--warm-up", "0", "--trace-detail", detail)
	})
}

// testLarge: one invocation of so many statements that most get no span by rule, or with more
// spans than a response can carry, which are dropped. Both are counted; the metrics are complete.
func (l *lab) testLarge(t *testing.T) {
	for _, detail := range []string{"auto", "all"} {
		t.Run(detail, func(t *testing.T) {
			r := l.large(t, detail)
			report := r.record.Telemetry
			hop := report.Spans.Lambda
			for _, err := range []error{
				balanced(report), is("rows", r.record.Scenario1.Rows.Acknowledged, statements),
				is("spans", hop.Passed+hop.Dropped["response_size"], hop.Produced),
				is("spans that the driver got", report.Spans.Driver.Received, hop.Passed),
				is("spans that the driver passed on", report.Spans.Driver.Lost(), 0),
				is("accounts agree", r.record.Accounts.Agree, true),
			} {
				if err != nil {
					t.Error(err)
				}
			}
			t.Logf("%d spans produced, %d passed, %d rows without a span", hop.Produced, hop.Passed, report.DroppedRows)
			dropped := hop.Dropped["response_size"]
			if err := errors.Join(is("some are not kept", report.Spans.NotKept > statements/2, detail == "auto"), is("rows not kept", report.NotKeptRows, report.Spans.NotKept)); err != nil {
				t.Error(err)
			}
			if least := int64(3*statements + 1); detail == "all" && (hop.Produced < least || dropped == 0) {
				t.Errorf("%d spans produced, %d dropped: want at least %d, and not all of them kept", hop.Produced, dropped, least)
			}
			if dropped > 0 == report.OK {
				t.Errorf("%d spans dropped, telemetry OK: %v", dropped, report.OK)
			}
			l.checkComplete(t, r)
			l.awaitSpans(t, r)
		})
	}
}

// checkComplete: Prometheus has every statement.
func (l *lab) checkComplete(t *testing.T, r *run) {
	t.Helper()
	query := fmt.Sprintf(`histogram_count(sum(last_over_time(db_client_operation_duration_seconds{dsqlload_run_id=%q}[5m])))`, r.id())
	eventually.Nil(t, func() error {
		samples, err := l.stack.Prom(t.Context(), query, time.Now())
		if err != nil || len(samples) != 1 {
			return fmt.Errorf("statements in Prometheus: %v, %w", samples, errors.Join(err, errEmpty))
		}
		return is("statements in Prometheus", samples[0].Value, statements)
	})
}
