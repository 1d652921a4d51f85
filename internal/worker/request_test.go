package worker_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/worker"
)

func TestParseRequest(t *testing.T) {
	t.Parallel()
	defaults := bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: 10, EventType: bench.CarCreated}
	batch := bench.Invocation{Scenario: bench.Batch, Count: 100, Iterations: 5, EventType: bench.LoanCreated, Index: 42}
	for _, tc := range []struct {
		name, event string
		want        bench.Invocation
	}{
		{"direct", `{"scenario": "batch", "count": 100, "iterations": 5, "event_type": "LoanCreated", "lambda_index": 42}`, batch},
		{"body as text", `{"body": "{\"scenario\": \"batch\", \"count\": 100, \"iterations\": 5, \"event_type\": \"LoanCreated\", \"lambda_index\": 42}"}`, batch},
		{"body as object", `{"body": {"scenario": "batch", "count": 100, "iterations": 5, "event_type": "LoanCreated", "lambda_index": 42}}`, batch},
		{
			"body goes before fields beside it", `{"count": 7, "body": {"iterations": 3}}`,
			bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: 3, EventType: bench.CarCreated},
		},
		{
			"an HTTP event around it", `{"httpMethod": "POST", "headers": {"a": "b"}, "isBase64Encoded": false, "body": "{\"count\": 2}"}`,
			bench.Invocation{Scenario: bench.Individual, Count: 2, Iterations: 10, EventType: bench.CarCreated},
		},
		{"whole numbers as floats", `{"scenario": "batch", "count": 100.0, "iterations": 5.0, "event_type": "LoanCreated", "lambda_index": 4.2e1}`, batch},
		{"null body", `{"body": null}`, defaults},
		{"body is the text null", `{"body": "null"}`, defaults},
		{"empty", `{}`, defaults},
		{"empty body", `{"body": {}}`, defaults},
		{"null fields", `{"scenario": null, "count": null}`, defaults},
		{"unknown fields", `{"colour": "red"}`, defaults},
		{
			"every event type", `{"event_type": "random"}`,
			bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: 10, EventType: bench.Random},
		},
		{
			"ours", `{"run_id": "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", "seed": 9, "warm_up": true, "statement": "unnest"}`,
			bench.Invocation{
				Scenario: bench.Individual, Count: 1, Iterations: 10, EventType: bench.CarCreated,
				RunID: "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", Seed: 9, WarmUp: true, Statement: bench.ByUnnest,
			},
		},
		{
			"largest batch", `{"scenario": "batch", "count": 3000}`,
			bench.Invocation{Scenario: bench.Batch, Count: 3000, Iterations: 10, EventType: bench.CarCreated},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := worker.ParseRequest([]byte(tc.event))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseRequestFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, event string
		want        []string // each in the error
	}{
		{"scenario", `{"scenario": "bulk"}`, []string{"scenario = bulk: must be one of individual, batch"}},
		{"scenario is no text", `{"scenario": 1}`, []string{"field scenario: a JSON number, must be of type"}},
		{"count zero", `{"count": 0}`, []string{"count = 0: must be 1 to 100000"}},
		{"count negative", `{"count": -1}`, []string{"count = -1: must be 1 to 100000"}},
		{"count is text", `{"count": "5"}`, []string{"field count: a JSON string, must be of type int"}},
		{"count is a fraction", `{"count": 1.5}`, []string{"field count: a JSON number 1.5, must be of type int"}},
		{"batch too large", `{"scenario": "batch", "count": 3001}`, []string{"count = 3001: must be 1 to 3000, the rows that DSQL"}},
		{"batch past the protocol", `{"scenario": "batch", "count": 10923}`, []string{"10923 rows x 6 parameters = 65538"}},
		{"iterations", `{"iterations": 0}`, []string{"iterations = 0: must be 1 to 1000000"}},
		{"event type", `{"event_type": "CarSold"}`, []string{"event_type = CarSold: must be one of CarCreated, LoanCreated, LoanPaymentSubmitted, CarServiceDone, random"}},
		{"form", `{"statement": "copy"}`, []string{"statement = copy: must be one of values, unnest"}},
		{"lambda index", `{"lambda_index": -1}`, []string{"lambda_index = -1: must be 0 or more"}},
		{
			"all at once", `{"scenario": "x", "count": 0, "iterations": 0, "event_type": "y", "lambda_index": -1}`,
			[]string{"scenario = x", "count = 0", "iterations = 0", "event_type = y", "lambda_index = -1"},
		},
		{"in a body", `{"body": "{\"count\": 0}"}`, []string{"count = 0"}},
		{"body is no JSON", `{"body": "count=1"}`, []string{"request: invalid character"}},
		{"body is empty text", `{"body": ""}`, []string{"request: unexpected end of JSON input"}},
		{"body is a list", `{"body": [1]}`, []string{"request: json: cannot unmarshal array"}},
		{"a list", `[1]`, []string{"request: json: cannot unmarshal array"}},
		{"no JSON", `count`, []string{"request: invalid character"}},
		{"nothing", ``, []string{"request: unexpected end of JSON input"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := worker.ParseRequest([]byte(tc.event))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q, want %q in it", err, want)
				}
			}
		})
	}
}

func TestFaultsAreTyped(t *testing.T) {
	t.Parallel()
	_, err := worker.ParseRequest([]byte(`{"count": -3}`))
	var fault *bench.Fault
	if !errors.As(err, &fault) || fault.Key != "count" || fault.Value != -3 {
		t.Errorf("error %#v, want a Fault of count -3", err)
	}
}

func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `"text"`, ``, `{"body": null}`, `{"body": "{\"count\": 2}"}`, `{"body": {"scenario": "batch", "count": 100}}`,
		`{"scenario": "batch", "count": 3000, "iterations": 1000000, "lambda_index": 9223372036854775807}`, `{"count": 1e3}`, `{"Count": -1}`,
		`{"iterations": 1e400}`, `{"count": -5, "count": 1000000000000}`, `{"retries": -1, "telemetry": {"mode": "x", "sample_every": -1}}`, "\xef\xbb\xbf{}", "{\"run_id\": \"\xff\"}",
		strings.Repeat(`{"body":`, 200), `{"body": "{\"body\": \"{}\"}"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		inv, err := worker.ParseRequest(event)
		if err != nil {
			return
		}
		if err := inv.Validate(); err != nil {
			t.Errorf("%q was taken: %v", event, err)
		}
		if inv.Rows() < 1 || inv.Rows() != int64(inv.Statements())*int64(inv.RowsPerStatement()) {
			t.Errorf("%q: %d rows in %d statements", event, inv.Rows(), inv.Statements())
		}
	})
}
