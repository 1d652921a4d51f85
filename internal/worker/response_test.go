package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// The answer as a client of the original reads it: its keys, in its order and
// with its meanings; ours come after them.
func TestResponseShape(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, tc := range []struct {
		name, event string
		original    string // with the measured values as 0
		ours        string
	}{
		{
			"individual",
			`{"scenario": "individual", "count": 2, "iterations": 3, "event_type": "LoanCreated", "lambda_index": 5, "run_id": "` + runID + `"}`,
			`"success_count":6,"error_count":0,"duration_ms":0,"inserts_per_second":0,"total_inserts":6,"scenario":"individual",` +
				`"iterations":3,"count":2,"event_type":"LoanCreated","lambda_index":5`,
			`"run_id":"` + runID + `","started_us":0,"statements":{"planned":6,"acknowledged":6,"failed":0,"unknown":0,"not_started":0},` +
				`"rows_affected":6,"attempts":6,"truncated":false,"cold_start":true,"environment_id":"env-0001","latency":`,
		},
		{
			"batch in a body",
			`{"body": "{\"scenario\": \"batch\", \"count\": 50, \"iterations\": 4, \"event_type\": \"random\", \"run_id\": \"` + runID + `\"}"}`,
			`"success_count":200,"error_count":0,"duration_ms":0,"inserts_per_second":0,"total_inserts":200,"scenario":"batch",` +
				`"iterations":4,"count":50,"event_type":"random","lambda_index":0`,
			`"run_id":"` + runID + `","started_us":0,"statements":{"planned":4,"acknowledged":4,"failed":0,"unknown":0,"not_started":0},` +
				`"rows_affected":200,"attempts":4,"truncated":false,"cold_start":false,"environment_id":"env-0001","latency":`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			payload, err := f.respond(context.Background(), []byte(tc.event))
			if err != nil {
				t.Fatal(err)
			}
			_, body, err := read(payload)
			if err != nil || body.Result == nil {
				t.Fatalf("payload %s, error %v", payload, err)
			}
			r := body.Result
			if perSecond := float64(r.SuccessCount) / (r.DurationMs / 1000); r.DurationMs <= 0 || r.InsertsPerSecond < 0.999*perSecond || r.InsertsPerSecond > 1.001*perSecond {
				t.Errorf("%v rows/s in %v ms, want %v", r.InsertsPerSecond, r.DurationMs, perSecond)
			}
			if age := time.Since(time.UnixMicro(r.StartedUs)); age < 0 || age > time.Minute {
				t.Errorf("started %v ago", age)
			}
			var reply struct {
				StatusCode int
				Body       string
			}
			strict := json.NewDecoder(bytes.NewReader(payload))
			strict.DisallowUnknownFields()
			if err := strict.Decode(&reply); err != nil || reply.StatusCode != 200 {
				t.Errorf("status %d, error %v", reply.StatusCode, err)
			}
			number := func(v float64) string {
				text, _ := json.Marshal(v) // it always encodes
				return string(text)
			}
			got := strings.NewReplacer(
				`"duration_ms":`+number(r.DurationMs), `"duration_ms":0`,
				fmt.Sprintf(`"started_us":%d`, r.StartedUs), `"started_us":0`,
				`"inserts_per_second":`+number(r.InsertsPerSecond), `"inserts_per_second":0`).Replace(reply.Body)
			want := `{"success":true,"result":{` + tc.original + "," + tc.ours
			if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRowsAreThere(t *testing.T) { eachForm(t, testRowsAreThere) }

func testRowsAreThere(t *testing.T, form bench.Form) {
	for _, tc := range []struct {
		name       string
		inv        bench.Invocation
		statements int64
	}{
		{"individual", invocation(bench.Individual, 4, 3), 12},
		{"batch", invocation(bench.Batch, 4, 25), 4},
		{"batch of one", invocation(bench.Batch, 2, 1), 2},
		{"largest batch", invocation(bench.Batch, 1, bench.MaxTransactionRows), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			r := f.invoke(context.Background(), by(form, tc.inv))
			rows := tc.inv.Rows()
			if diff := cmp.Diff([4]int64{rows, 0, rows, rows}, counts(r)); diff != "" {
				t.Error(diff)
			}
			if got := f.rows(); got != rows {
				t.Errorf("%d rows in the table, want %d", got, rows)
			}
			if r.Latency.Count != tc.statements || r.Attempts != tc.statements || len(r.Errors) != 0 {
				t.Errorf("%d latencies, %d attempts, errors %v, want %d", r.Latency.Count, r.Attempts, r.Errors, tc.statements)
			}
			var ended, inTime int64
			for _, s := range r.Timeline {
				ended += s.Statements
				inTime += s.Rows
			}
			if ended != tc.statements || inTime != rows {
				t.Errorf("timeline has %d statements and %d rows", ended, inTime)
			}
			if want := min(int(tc.statements), bench.SlowestKept); len(r.Slowest) != want {
				t.Errorf("%d slowest, want %d", len(r.Slowest), want)
			}
			if !slices.IsSortedFunc(r.Slowest, func(a, b bench.Statement) int { return int(b.LatencyUs - a.LatencyUs) }) {
				t.Error("slowest are not in order")
			}
		})
	}
}

func TestSentTwice(t *testing.T) { eachForm(t, testSentTwice) }

func testSentTwice(t *testing.T, form bench.Form) {
	for _, inv := range []bench.Invocation{invocation(bench.Individual, 5, 2), invocation(bench.Batch, 5, 20)} {
		t.Run(string(inv.Scenario), func(t *testing.T) {
			t.Parallel()
			f := start(t)
			inv = by(form, inv)
			f.invoke(context.Background(), inv)
			r := f.invoke(context.Background(), inv)
			rows := inv.Rows()
			if diff := cmp.Diff([4]int64{0, rows, rows, 0}, counts(r)); diff != "" {
				t.Error(diff)
			}
			if got := f.rows(); got != rows {
				t.Errorf("%d rows in the table, want %d", got, rows)
			}
			want := []bench.ErrorCount{{
				Kind: failure.AlreadyPresent, Statements: int64(inv.Statements()), Rows: rows,
				Message: fmt.Sprintf("0 of %d rows inserted, the others' ids were in the table", inv.RowsPerStatement()),
			}}
			if diff := cmp.Diff(want, r.Errors); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Without a run id each invocation is a run of its own.
func TestWithoutRunID(t *testing.T) {
	t.Parallel()
	f := start(t)
	inv := invocation(bench.Individual, 5, 1)
	inv.RunID = ""
	first, second := f.invoke(context.Background(), inv), f.invoke(context.Background(), inv)
	if first.RunID == "" || first.RunID == second.RunID || f.rows() != 10 {
		t.Errorf("run ids %q and %q, %d rows, want two ids and 10 rows", first.RunID, second.RunID, f.rows())
	}
}
