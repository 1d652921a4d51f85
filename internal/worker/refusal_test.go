package worker_test

import (
	"context"
	"strings"
	"testing"
)

func TestRefusal(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, tc := range []struct {
		name, event, want string
		rows              int64 // that count as errors for a driver that knows the original's keys alone
	}{
		{"scenario", `{"scenario": "bulk"}`, "scenario = bulk: must be one of individual, batch", 10},
		{"two faults on one line", `{"scenario": "bulk", "iterations": 0}`, "must be one of individual, batch; iterations = 0", 0},
		{"no JSON", `count`, "request: invalid character", 10},
		{"a batch too large", `{"scenario": "batch", "iterations": 2, "count": 5000}`, "count = 5000", 10_000},
		{"without end", `{"iterations": 9223372036854775807, "count": 9223372036854775807}`, "count = 9223372036854775807", 0},
		{"below none", `{"iterations": -5, "count": -5}`, "count = -5", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			payload, err := f.respond(context.Background(), []byte(tc.event))
			if err != nil {
				t.Fatal(err)
			}
			status, body, err := read(payload)
			if err != nil || status != 500 || body.Success || !body.Refused || body.Result == nil || body.Result.ErrorCount != tc.rows || body.Result.TotalInserts != tc.rows || body.Result.SuccessCount != 0 {
				t.Fatalf("payload %s, error %v, want status 500", payload, err)
			}
			if !strings.Contains(body.Error, tc.want) || strings.Contains(body.Error, "\n") {
				t.Errorf("error %q, want %q in one line", body.Error, tc.want)
			}
		})
	}
	if f.rows() != 0 {
		t.Error("a refused event wrote rows")
	}
}
