package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

// testForeign: the telemetry of the driver is complete for a function that reports only
// rows, and its rows are counted as it reports them.
func (l *lab) testForeign(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if onlyInvoke(w, r) {
			return
		}
		var e struct {
			Scenario   string `json:"scenario"`
			Count      int    `json:"count"`
			Iterations int    `json:"iterations"`
			Index      int    `json:"lambda_index"`
			Type       string `json:"event_type"`
		}
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			t.Errorf("event: %v", err)
		}
		body, _ := json.Marshal(fmt.Sprintf(`{"success": true, "result": {"success_count": %d, "error_count": 0, "duration_ms": 10.0, "inserts_per_second": %d.0, `+
			`"total_inserts": %d, "scenario": %q, "iterations": %d, "count": %d, "event_type": %q, "lambda_index": %d}}`,
			e.Count*e.Iterations, 100*e.Count*e.Iterations, e.Count*e.Iterations, e.Scenario, e.Iterations, e.Count, e.Type, e.Index))
		_, _ = io.WriteString(w, `{"statusCode": 200, "body": `+string(body)+`}`)
	}))
	defer server.Close()
	r := l.run(t, 0, l.observed(), "--endpoint-url", server.URL, "--num-lambdas", "4", "--iterations", "3", "--count", "5", "--warm-up", "2")
	const rows = 2 * 4 * 3 * 5
	if v := r.record.Verdict; v.Word != bench.Valid || !strings.Contains(r.stdout, "the function isn't this suite's") {
		t.Errorf("verdict %+v", v)
	}
	a, telemetry := r.record.Accounts, r.record.Telemetry
	if a == nil || !a.Agree || a.Short || a.Prometheus == nil || *a.Prometheus != rows || a.Spans != nil {
		t.Errorf("accounts %+v, want %d rows in Prometheus and none looked for on spans", a, rows)
	}
	if !telemetry.OK || telemetry.UnreportedInvocations != 0 || telemetry.DroppedRows != 0 {
		t.Errorf("telemetry %+v", telemetry)
	}
	samples, err := l.stack.Prom(t.Context(), `sum(last_over_time(dsqlload_rows_total{dsqlload_run_id="`+r.id()+`",dsqlload_scenario="batch"}[5m]))`, time.Now())
	if err != nil || len(samples) != 1 || samples[0].Value != 60 {
		t.Errorf("rows of the batches: %v, %v", samples, err)
	}
}
