package setting

import (
	"os"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
)

// A config that ReadFile and Validate accept can be planned, and each fault has a place.
func FuzzConfig(f *testing.F) {
	repository, err := os.ReadFile("../../../config.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(repository)
	for _, text := range []string{
		"", "{}", "null", "[]", "\xef\xbb\xbf{}", "\xff\xfe{", `{"region": "` + "\xff" + `"}`,
		`{"scenario_1": {"num_lambdas": -5, "iterations": 1e12, "inserts_per_iteration": 99999999999999999999}}`,
		`{"slow_ms": 1e400}`, `{"seed": 1e400, "seed": 2}`, `{"max_cost_usd": -0, "thresholds": ["p99<1e400ms", null, 5]}`,
		`{"scenario_2": {"num_lambdas": 100000, "iterations": 1000000, "rows_per_batch": 3000}}`,
		`{"a":` + strings.Repeat(`{"a":`, 200), `{"thresholds": ` + strings.Repeat("[", 200),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := bench.Defaults()
		if err := ReadFile(&c, "config.json", text); err != nil {
			if !strings.HasPrefix(err.Error(), "config.json:") {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		if Validate(&c) != nil {
			return
		}
		for _, p := range c.Plans("") {
			if p.Rows() < 1 || p.Rows() > bench.MaxRows || p.Statements() > p.Rows() || p.Load.NumLambdas > bench.MaxLambdas {
				t.Errorf("plan %+v of %d rows", p, p.Rows())
			}
		}
		if err := ValidatePlans(&c); err != nil {
			t.Error(err)
		}
	})
}
