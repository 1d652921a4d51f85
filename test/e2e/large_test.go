package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local"
)

const statements = 50_000

// largeRun is a run of one invocation, with that detail in its traces.
type largeRun struct {
	name, detail string
	whole        bool // the endpoint can't stream answers
}

// droppedRun has more spans than a response can carry.
func droppedRun() largeRun { return largeRun{"dropped", "all", true} }

func (l *lab) large(t *testing.T, of largeRun) *run {
	t.Helper()
	return l.once(t, "large: "+of.name, func(t *testing.T) *run {
		t.Helper()
		args := []string{"--num-lambdas", "1", "--iterations", strconv.Itoa(statements), "--scenario", "1", "--verify", "off", "--warm-up", "0", "--trace-detail", of.detail}
		if of.whole {
			args = append(args, "--endpoint-url", l.unstreamed(t))
		}
		return l.run(t, 0, append(l.observed(), "DSQLLOAD_FRONT=off"), args...)
	})
}

// unstreamed starts the function behind an endpoint that has only Invoke, and returns its URL.
func (l *lab) unstreamed(t *testing.T) string {
	t.Helper()
	target, err := local.Start(t.Context(), local.Options{
		FunctionName: "dsql-load-test-lambda", Region: "us-east-1", DatabaseURL: l.database(t, "unstreamed", ""), InFlight: 1,
		FunctionTimeout: 10 * time.Minute, NoFront: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Stop(); err != nil {
			t.Error(err)
		}
	})
	at, err := url.Parse(target.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(at)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !onlyInvoke(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// testLarge: one invocation of so many statements that most get no span by rule; one with all
// spans, which partial answers carry; and one with more than a single response can carry, so that
// some are dropped. All is counted; the metrics are complete.
func (l *lab) testLarge(t *testing.T) {
	for _, of := range []largeRun{{"auto", "auto", false}, {"all", "all", false}, droppedRun()} {
		t.Run(of.name, func(t *testing.T) {
			r := l.large(t, of)
			report := r.record.Telemetry
			hop := report.Spans.Lambda
			dropped := hop.Dropped["response_size"]
			for _, err := range []error{
				balanced(report), is("rows", r.record.Scenario1.Rows.Acknowledged, statements),
				is("spans", hop.Passed+dropped, hop.Produced), is("some are dropped", dropped > 0, of.whole), is("telemetry OK", report.OK, !of.whole),
				is("spans that the driver got", report.Spans.Driver.Received, hop.Passed),
				is("spans that the driver passed on", report.Spans.Driver.Lost(), 0),
				is("accounts agree", r.record.Accounts.Agree, true),
				is("some are not kept", report.Spans.NotKept > statements/2, of.detail == "auto"), is("rows not kept", report.NotKeptRows, report.Spans.NotKept),
			} {
				if err != nil {
					t.Error(err)
				}
			}
			t.Logf("%d spans produced, %d passed, %d rows without a span", hop.Produced, hop.Passed, report.DroppedRows)
			if least := int64(3*statements + 1); of.detail == "all" && hop.Produced < least {
				t.Errorf("%d spans produced, want at least %d", hop.Produced, least)
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
