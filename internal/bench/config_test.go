package bench

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadFileTakesEveryKey(t *testing.T) {
	const text = `{
  "lambda_function_name": "f",
  "region": "eu-west-1",
  "scenario_1": {"num_lambdas": 2, "iterations": 3, "inserts_per_iteration": 4, "description": "one"},
  "scenario_2": {"num_lambdas": 5, "iterations": 6, "rows_per_batch": 7, "description": "two"},
  "warm_up_invocations": 0,
  "event_type": "random",
  "configurable_parameters": {"note": "n", "available_event_types": ["CarCreated", "random"]},
  "target": "aws", "concurrency": 8, "seed": 9, "verify": "off",
  "retries": 3, "connect_rate": 50, "telemetry": "relay", "telemetry_required": true, "trace_detail": "all", "slow_ms": 2.5,
  "thresholds": ["p99<1s"], "abort_on_fail": true, "max_cost_usd": 5
}`
	got := Defaults()
	if err := got.ReadFile("config.json", []byte(text)); err != nil {
		t.Fatal(err)
	}
	want := Config{
		Target: AWS, FunctionName: "f", Region: "eu-west-1", Scenarios: Scenarios(),
		Individual: Load{2, 3, 4, "one"}, Batch: Load{5, 6, 7, "two"},
		EventType: Random, WarmUp: 0, Concurrency: 8, Seed: 9, Verify: VerifyOff,
		Retries: 3, ConnectRate: 50, Telemetry: TelemetryRelay, TelemetryRequired: true, TraceDetail: DetailAll, SlowMs: 2.5,
		Thresholds: []string{"p99<1s"}, AbortOnFail: true, MaxCost: 5, Origin: got.Origin,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for key, line := range map[string]string{"region": "3", "scenario_2.rows_per_batch": "5", "seed": "9"} {
		if origin := got.Origin[key]; !strings.HasPrefix(origin, "config.json:"+line+":") {
			t.Errorf("origin of %s: %q, want line %s", key, origin, line)
		}
	}
}

func TestReadFileKeepsWhatIsAbsent(t *testing.T) {
	got, want := Defaults(), Defaults()
	if err := got.ReadFile("c", []byte(`{"scenario_2": {"iterations": 3}}`)); err != nil {
		t.Fatal(err)
	}
	want.Batch.Iterations = 3
	want.Origin = got.Origin
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestReadFileFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // each in the error
	}{
		{"unknown key", "{\n  \"regions\": 1}", []string{`c:2:11: unknown key "regions"`}},
		{"unknown key below", "{\n\"scenario_1\": {\n \"rows_per_batch\": 1}}", []string{`c:3:17: unknown key "scenario_1.rows_per_batch"`}},
		{"key of another case", `{"Region": "us-east-1"}`, []string{`unknown key "Region"`}},
		{"dotted key", `{"scenario_1.num_lambdas": 1}`, []string{`c:1:25: unknown key`, "num_lambdas"}},
		{"all unknown keys at once", `{"a": {"b": [1, {"c": 2}]}, "d": null}`, []string{`unknown key "a"`, `unknown key "a.b"`, `unknown key "d"`}},
		{"unknown key and wrong type", `{"a": 1, "region": 2}`, []string{`unknown key "a"`, "region is a number, must be a string"}},
		{"key twice", "{\"region\": \"a\",\n \"region\": \"b\"}", []string{`c:2:9: key "region" stands twice`}},
		{"key twice below", `{"scenario_1": {"iterations": 1, "iterations": 2}}`, []string{`key "scenario_1.iterations" stands twice`}},
		{"syntax", "{\n  \"region\": us}", []string{"c:2:13: not JSON"}},
		{"missing comma", "{\"region\": \"a\"\n  \"target\": \"aws\"}", []string{"c:2:3: not JSON"}},
		{"ends early", "{\n\"region\": \"a\"", []string{"c:2:", "not JSON"}},
		{"empty", "", []string{"c:1:1: not JSON: the text ends too early"}},
		{"text after the end", "{}\n {}", []string{"c:2:2: text after the end"}},
		{"array", "[]", []string{"c:1:1: must be a JSON object"}},
		{"text for a number", "{\n\"warm_up_invocations\": \"20\"}", []string{"c:2:21: warm_up_invocations is a string, must be a whole number"}},
		{"beyond float64", "{\n\"slow_ms\": 1e400}", []string{"c:2:16: slow_ms is the number 1e400, must be within -1.8e308 to 1.8e308"}},
		{"beyond 64 bits", `{"seed": 99999999999999999999}`, []string{"c:1:7: seed is the number 99999999999999999999, must be a whole number within -9223372036854775808 to 9223372036854775807"}},
		{"exponent", `{"scenario_1": {"num_lambdas": 1e12}}`, []string{"c:1:29: scenario_1.num_lambdas is the number 1e12, must be a whole number without an exponent"}},
		{"byte order mark", "\xef\xbb\xbf{}", []string{"c:1:1: not JSON: begins with a byte order mark, must be UTF-8 without one"}},
		{"UTF-16", "\xfe\xff\x00{", []string{"c:1:1: not JSON: is UTF-16, must be UTF-8"}},
		{"not UTF-8", "{\n\"region\": \"\xff\"}", []string{"c:2:12: not JSON: the byte 0xff is not UTF-8"}},
		{"nested without end", strings.Repeat(`{"a":`, 200), []string{"nested more than 100 deep"}},
		{"key twice in a list", `{"thresholds": [{"a": 1, "a": 2}]}`, []string{`c:1:28: key "thresholds[0].a" stands twice`}},
		{"fraction", `{"scenario_1": {"num_lambdas": 1.5}}`, []string{"scenario_1.num_lambdas is the number 1.5, must be a whole number"}},
		{"number for an object", `{"scenario_2": 5}`, []string{"scenario_2 is a number, must be an object"}},
		{
			"all wrong types at once", `{"thresholds": "p99<1s", "scenario_1": {"iterations": true, "description": []}, "slow_ms": "1", "abort_on_fail": 1, "seed": {}}`,
			[]string{
				"c:1:13: thresholds is a string, must be a list of strings", "scenario_1.iterations is true or false, must be a whole number",
				"scenario_1.description is a list, must be a string", "slow_ms is a string, must be a number",
				"abort_on_fail is a number, must be true or false", "seed is an object, must be a whole number",
			},
		},
		{"a wrong entry of a list", `{"thresholds": ["p99<1s", 5]}`, []string{"thresholds has a number in its list, must be a list of strings"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Defaults()
			err := got.ReadFile("c", []byte(c.text))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q\nhas no  %q", err, want)
				}
			}
			want := Defaults()
			want.Origin = got.Origin
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what is wrong changed the config: -before +after\n%s", diff)
			}
		})
	}
}

// What isn't wrong is taken, so that Validate can tell of its faults too.
func TestReadFileTakesTheRest(t *testing.T) {
	got, want := Defaults(), Defaults()
	if err := got.ReadFile("c", []byte(`{"region": 5, "scenario_2": {"iterations": "x", "num_lambdas": 3}, "warm_up_invocations": -1}`)); err == nil {
		t.Error("no error")
	}
	want.Batch.NumLambdas, want.WarmUp, want.Origin = 3, -1, got.Origin
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if origin := got.Origin["region"]; origin != "" {
		t.Errorf("the default region is said to come from %s", origin)
	}
}

func faultsOf(err error) []Fault {
	var faults []Fault
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			var f *Fault
			if errors.As(e, &f) {
				faults = append(faults, *f)
			}
		}
	}
	return faults
}

func TestValidate(t *testing.T) {
	const batchRows = "1 to 3000, the rows that DSQL lets one transaction change"
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   []Fault // nil: valid
	}{
		{"defaults", func(*Config) {}, nil},
		{"target", func(c *Config) { c.Target = "gcp" }, []Fault{{"target", "", "gcp", "one of local, aws"}}},
		{"verify", func(c *Config) { c.Verify = "" }, []Fault{{"verify", "", "", "one of full, count, off"}}},
		{"function name", func(c *Config) { c.FunctionName = "a b" }, []Fault{{"lambda_function_name", "", "a b", "a Lambda function's name or ARN"}}},
		{"region", func(c *Config) { c.Region = "Europe" }, []Fault{{"region", "", "Europe", "an AWS region such as us-east-1"}}},
		{"government region", func(c *Config) { c.Region = "us-gov-west-1" }, nil},
		{"event type", func(c *Config) { c.EventType = "CarSold" }, []Fault{{
			"event_type", "", "CarSold",
			"one of CarCreated, LoanCreated, LoanPaymentSubmitted, CarServiceDone, random",
		}}},
		{"no warm-up", func(c *Config) { c.WarmUp = 0 }, nil},
		{"warm-up below", func(c *Config) { c.WarmUp = -1 }, []Fault{{"warm_up_invocations", "", -1, "0 to 10000"}}},
		{"warm-up above", func(c *Config) { c.WarmUp = 10_001 }, []Fault{{"warm_up_invocations", "", 10_001, "0 to 10000"}}},
		{"concurrency", func(c *Config) { c.Concurrency = 20_001 }, []Fault{{"concurrency", "", 20_001, "0 to 20000"}}},
		{"largest seed", func(c *Config) { c.Seed = 1<<53 - 1 }, nil},
		{"seed above", func(c *Config) { c.Seed = 1 << 53 }, []Fault{{"seed", "", int64(1 << 53), "0 to 9007199254740991"}}},
		{"seed below", func(c *Config) { c.Seed = -1 }, []Fault{{"seed", "", int64(-1), "0 to 9007199254740991"}}},
		{"no scenario", func(c *Config) { c.Scenarios = nil }, []Fault{{"scenario", "", "", "1, 2 or both"}}},
		{"lambdas", func(c *Config) { c.Individual.NumLambdas = 0 }, []Fault{{"scenario_1.num_lambdas", "", 0, "1 to 100000"}}},
		{"iterations", func(c *Config) { c.Batch.Iterations = 1_000_001 }, []Fault{{"scenario_2.iterations", "", 1_000_001, "1 to 1000000"}}},
		{"inserts", func(c *Config) { c.Individual.Count = 100_001 }, []Fault{{"scenario_1.inserts_per_iteration", "", 100_001, "1 to 100000"}}},
		{"a scenario twice", func(c *Config) { c.Scenarios = []Scenario{Batch, Batch} }, []Fault{{"scenario", "", "batch, batch", "1, 2 or both"}}},
		{"thresholds without end", func(c *Config) { c.Thresholds = make([]string, 1001) }, []Fault{{"thresholds", "", "1001 of them", "1000 at most"}}},
		{"a threshold without end", func(c *Config) { c.Thresholds = []string{strings.Repeat("p", 201)} }, []Fault{{"thresholds", "", strings.Repeat("p", 200) + "...", "200 bytes at most"}}},
		{"3000 rows a batch", func(c *Config) { c.Batch.Count = 3000 }, nil},
		{"3001 rows a batch", func(c *Config) { c.Batch.Count = 3001 }, []Fault{{"scenario_2.rows_per_batch", "", 3001, batchRows}}},
		{"10922 rows fit the protocol", func(c *Config) { c.Batch.Count = 10_922 }, []Fault{{"scenario_2.rows_per_batch", "", 10_922, batchRows}}},
		{"10923 rows don't", func(c *Config) { c.Batch.Count = 10_923 }, []Fault{{
			"scenario_2.rows_per_batch", "", 10_923,
			batchRows + "; 10923 rows x 6 parameters = 65538 also pass the protocol's limit of 65535 parameters",
		}}},
		{"too many rows", func(c *Config) { c.Individual = Load{NumLambdas: 100_000, Iterations: 100_000, Count: 1} }, []Fault{{
			"scenario_1", "",
			"100000 invocations x 100000 iterations x 1 = 10000000000 rows", "at most 1000000000 rows",
		}}},
		{"a scenario that isn't asked for", func(c *Config) { c.Scenarios, c.Batch.Count = []Scenario{Individual}, 3001 }, nil},
		{"origin", func(c *Config) { c.WarmUp, c.Origin["warm_up_invocations"] = -1, "--warm-up" }, []Fault{{"warm_up_invocations", "--warm-up", -1, "0 to 10000"}}},
		{"all at once", func(c *Config) { c.Target, c.Seed, c.Individual.NumLambdas, c.Batch.Count = "x", -1, -2, 0 }, []Fault{
			{"target", "", "x", "one of local, aws"},
			{"seed", "", int64(-1), "0 to 9007199254740991"},
			{"scenario_1.num_lambdas", "", -2, "1 to 100000"},
			{"scenario_2.rows_per_batch", "", 0, batchRows},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := Defaults()
			c.change(&config)
			err := config.Validate()
			if diff := cmp.Diff(c.want, faultsOf(err)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if (err != nil) != (c.want != nil) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestFaultMessage(t *testing.T) {
	f := &Fault{Key: "seed", Origin: "config.json:7:5", Value: -1, Allowed: "0 to 9"}
	if got, want := fmt.Sprint(f), "seed = -1 (from config.json:7:5): must be 0 to 9"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f.Origin = ""
	if got, want := fmt.Sprint(f), "seed = -1: must be 0 to 9"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestValidateThresholds(t *testing.T) {
	c := Defaults()
	c.Scenarios, c.Origin["thresholds"] = []Scenario{Individual}, "--threshold"
	c.Thresholds = []string{"p99<1s", "p98<1s", "batch.p99<1s", "1.errors==0"}
	want := []Fault{
		{"thresholds", "--threshold", "p98<1s", `a demand such as p99<50ms; column 1: unknown figure "p98": did you mean p90, p95, p99?`},
		{"thresholds", "--threshold", "batch.p99<1s", "of a scenario that runs: individual"},
	}
	if diff := cmp.Diff(want, faultsOf(c.Validate())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
