package e2e_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// troubled is a run in which one statement has a conflict and is retried, and another
// violates a constraint.
func (l *lab) troubled(t *testing.T) *run {
	t.Helper()
	return l.once(t, "troubled", func(t *testing.T) *run {
		t.Helper()
		at := l.database(t, "troubled", `
			IF n = 11 THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END IF;
			IF n = 23 THEN RAISE EXCEPTION 'constraint' USING ERRCODE = '23514'; END IF;`)
		return l.run(t, 1, append(l.observed(), to(at)...), "--scenario", "1", "--num-lambdas", "5", "--iterations", "10",
			"--concurrency-limit", "2", "--warm-up", "0")
	})
}

// broken is a run whose function crashes once and times out once. The function is a server
// that responds like Lambda in these cases.
func (l *lab) broken(t *testing.T) *run {
	t.Helper()
	return l.once(t, "broken", func(t *testing.T) *run {
		t.Helper()
		var calls atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if onlyInvoke(w, r) {
				return
			}
			const report = "REPORT RequestId: 1\tDuration: 1000.00 ms\tBilled Duration: 1012 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tInit Duration: 12.00 ms\n"
			w.Header().Set("X-Amzn-Requestid", fmt.Sprint(calls.Load()))
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			w.Header().Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString([]byte(report)))
			if calls.Add(1) == 1 {
				fmt.Fprint(w, `{"errorMessage":"2026-11-23T00:00:00.000Z 1 Task timed out after 1.00 seconds"}`)
				return
			}
			fmt.Fprint(w, `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 2 Error: Runtime exited with error: signal: killed"}`)
		}))
		defer server.Close()
		return l.run(t, 1, l.observed(), "--endpoint-url", server.URL, "--scenario", "1", "--num-lambdas", "2", "--iterations", "3",
			"--concurrency", "1", "--warm-up", "0", "--settle", "0")
	})
}

// onlyInvoke answers requests other than Invoke like an emulator that serves nothing else, and
// reports whether it did. The driver sends some: to see whether somebody is there, and to see
// whether answers can be streamed.
func onlyInvoke(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/invocations") {
		return false
	}
	http.NotFound(w, r)
	return true
}

// testErrors: metrics and spans report failures as failures.
func (l *lab) testErrors(t *testing.T) {
	troubled, broken := l.troubled(t), l.broken(t)
	if diff := cmp.Diff(bench.Account{Planned: 50, Acknowledged: 49, Failed: 1}, troubled.record.Scenario1.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if err := errors.Join(agree(troubled, 49), whole(troubled.record.Telemetry)); err != nil {
		t.Error(err)
	}
	b := broken.record
	if diff := cmp.Diff(bench.Account{Planned: 6, Unknown: 6}, b.Scenario1.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if b.Telemetry.OK || b.Telemetry.UnreportedInvocations != 2 || !strings.Contains(b.Telemetry.Problem, "2 invocations ended without an answer") {
		t.Errorf("telemetry %+v: want two unreported invocations", b.Telemetry)
	}
	for expr, want := range map[string]float64{
		`sum(last_over_time(dsqlload_rows_total{dsqlload_run_id="$run_id",dsqlload_outcome="unknown"}[5m]))`:              6,
		`sum(last_over_time(faas_timeouts_total{dsqlload_run_id="$run_id"}[5m]))`:                                         1,
		`sum(last_over_time(faas_errors_total{dsqlload_run_id="$run_id",error_type="Runtime.ExitError"}[5m]))`:            1,
		`sum(last_over_time(faas_errors_total{dsqlload_run_id="$run_id"}[5m]))`:                                           2,
		`histogram_sum(sum(last_over_time(faas_init_duration_seconds{dsqlload_run_id="$run_id"}[5m])))`:                   0.024,
		`sum(last_over_time(dsqlload_billed_duration_seconds_total{dsqlload_run_id="$run_id"}[5m]))`:                      2.024,
		`histogram_count(sum(last_over_time(dsqlload_invocation_duration_seconds{dsqlload_run_id="$run_id"}[5m])))`:       2,
		`sum(last_over_time(dsqlload_invocations_in_flight{dsqlload_run_id="$run_id"}[5m]))`:                              0,
		`histogram_quantile(1, sum(last_over_time(faas_mem_usage_bytes{dsqlload_run_id="$run_id"}[5m]))) > bool 60000000`: 1,
	} {
		samples, err := l.stack.Prom(t.Context(), strings.ReplaceAll(expr, "$run_id", broken.id()), time.Now())
		if err != nil || len(samples) != 1 || samples[0].Value-want > 1e-9 || want-samples[0].Value > 1e-9 {
			t.Errorf("%s: %v, %v; want %v", expr, samples, err, want)
		}
	}
}
