package setting

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

func TestReadFileTakesEveryKey(t *testing.T) {
	const text = `{
  "lambda_function_name": "f",
  "region": "eu-west-1",
  "scenario_1": {"num_lambdas": 2, "iterations": 3, "inserts_per_iteration": 4, "description": "one"},
  "scenario_2": {"num_lambdas": 5, "iterations": 6, "rows_per_batch": 7, "description": "two"},
  "warm_up_invocations": 0,
  "event_type": "random",
  "statement": "unnest",
  "configurable_parameters": {"note": "n", "available_event_types": ["CarCreated", "random"]},
  "target": "aws", "concurrency": 8, "seed": 9, "verify": "off",
  "retries": 3, "connect_rate": 50, "telemetry": "relay", "telemetry_required": true, "trace_detail": "all", "slow_ms": 2.5,
  "thresholds": ["p99<1s"], "abort_on_fail": true, "max_cost_usd": 5
}`
	got := bench.Defaults()
	if err := ReadFile(&got, "config.json", []byte(text)); err != nil {
		t.Fatal(err)
	}
	want := bench.Config{
		Target: bench.AWS, FunctionName: "f", Region: "eu-west-1", Scenarios: bench.Scenarios(),
		Individual: bench.Load{NumLambdas: 2, Iterations: 3, Count: 4, Description: "one"}, Batch: bench.Load{NumLambdas: 5, Iterations: 6, Count: 7, Description: "two"},
		EventType: bench.Random, Statement: bench.ByUnnest, WarmUp: 0, Concurrency: 8, Seed: 9, Verify: bench.VerifyOff,
		Retries: 3, ConnectRate: 50, Telemetry: bench.TelemetryRelay, TelemetryRequired: true, TraceDetail: bench.DetailAll, SlowMs: 2.5,
		Thresholds: []string{"p99<1s"}, AbortOnFail: true, MaxCost: 5, Origin: got.Origin,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for key, line := range map[string]string{"region": "3", "scenario_2.rows_per_batch": "5", "seed": "10"} {
		if origin := got.Origin[key]; !strings.HasPrefix(origin, "config.json:"+line+":") {
			t.Errorf("origin of %s: %q, want line %s", key, origin, line)
		}
	}
}

func TestReadFileKeepsWhatIsAbsent(t *testing.T) {
	got, want := bench.Defaults(), bench.Defaults()
	if err := ReadFile(&got, "c", []byte(`{"scenario_2": {"iterations": 3}}`)); err != nil {
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
		{"key twice", "{\"region\": \"a\",\n \"region\": \"b\"}", []string{`c:2:9: key "region" appears twice`}},
		{"key twice below", `{"scenario_1": {"iterations": 1, "iterations": 2}}`, []string{`key "scenario_1.iterations" appears twice`}},
		{"syntax", "{\n  \"region\": us}", []string{"c:2:13: not JSON"}},
		{"missing comma", "{\"region\": \"a\"\n  \"target\": \"aws\"}", []string{"c:2:3: not JSON"}},
		{"ends early", "{\n\"region\": \"a\"", []string{"c:2:", "not JSON"}},
		{"empty", "", []string{"c:1:1: not JSON: the text ends too early"}},
		{"text after the end", "{}\n {}", []string{"c:2:2: text after the end"}},
		{"array", "[]", []string{"c:1:1: must be a JSON object"}},
		{"text for a number", "{\n\"warm_up_invocations\": \"20\"}", []string{"c:2:21: warm_up_invocations is a string, must be a whole number"}},
		{"neither auto nor a number", "{\n\"slow_ms\": \"Auto\"}", []string{`c:2:9: slow_ms is a string, must be a number or "auto"`}},
		{"neither auto nor a number", "{\n\"slow_ms\": true}", []string{`c:2:9: slow_ms is true or false, must be a number or "auto"`}},
		{"beyond float64", "{\n\"slow_ms\": 1e400}", []string{"c:2:16: slow_ms is the number 1e400, must be within -1.8e308 to 1.8e308"}},
		{"beyond 64 bits", `{"seed": 99999999999999999999}`, []string{"c:1:7: seed is the number 99999999999999999999, must be a whole number within -9223372036854775808 to 9223372036854775807"}},
		{"exponent", `{"scenario_1": {"num_lambdas": 1e12}}`, []string{"c:1:29: scenario_1.num_lambdas is the number 1e12, must be a whole number without an exponent"}},
		{"byte order mark", "\xef\xbb\xbf{}", []string{"c:1:1: not JSON: begins with a byte order mark, must be UTF-8 without one"}},
		{"UTF-16", "\xfe\xff\x00{", []string{"c:1:1: not JSON: is UTF-16, must be UTF-8"}},
		{"not UTF-8", "{\n\"region\": \"\xff\"}", []string{"c:2:12: not JSON: the byte 0xff is not UTF-8"}},
		{"nested without end", strings.Repeat(`{"a":`, 200), []string{"nested more than 100 deep"}},
		{"key twice in a list", `{"thresholds": [{"a": 1, "a": 2}]}`, []string{`c:1:28: key "thresholds[0].a" appears twice`}},
		{"fraction", `{"scenario_1": {"num_lambdas": 1.5}}`, []string{"scenario_1.num_lambdas is the number 1.5, must be a whole number"}},
		{"number for an object", `{"scenario_2": 5}`, []string{"scenario_2 is a number, must be an object"}},
		{
			"all wrong types at once", `{"thresholds": "p99<1s", "scenario_1": {"iterations": true, "description": []}, "slow_ms": "1", "abort_on_fail": 1, "seed": {}}`,
			[]string{
				"c:1:13: thresholds is a string, must be a list of strings", "scenario_1.iterations is true or false, must be a whole number",
				"scenario_1.description is a list, must be a string", `slow_ms is a string, must be a number or "auto"`,
				"abort_on_fail is a number, must be true or false", "seed is an object, must be a whole number",
			},
		},
		{"a wrong entry of a list", `{"thresholds": ["p99<1s", 5]}`, []string{"thresholds has a number in its list, must be a list of strings"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := bench.Defaults()
			err := ReadFile(&got, "c", []byte(c.text))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q\nhas no  %q", err, want)
				}
			}
			want := bench.Defaults()
			want.Origin = got.Origin
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what is wrong changed the config: -before +after\n%s", diff)
			}
		})
	}
}

// ReadFile takes all other keys, so that Validate can report their faults too.
func TestReadFileTakesTheRest(t *testing.T) {
	got, want := bench.Defaults(), bench.Defaults()
	if err := ReadFile(&got, "c", []byte(`{"region": 5, "scenario_2": {"iterations": "x", "num_lambdas": 3}, "warm_up_invocations": -1}`)); err == nil {
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

// fault is a bench.Fault.
type fault struct {
	Key, Origin string
	Value       any
	Allowed     string
}

func faultsOf(err error) []fault {
	var faults []fault
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			var f *bench.Fault
			if errors.As(e, &f) {
				faults = append(faults, fault(*f))
			}
		}
	}
	return faults
}

func TestValidate(t *testing.T) {
	const batchRows = "1 to 3000, the rows that DSQL lets one transaction change"
	for _, c := range []struct {
		name   string
		change func(*bench.Config)
		want   []fault // nil: valid
	}{
		{"defaults", func(*bench.Config) {}, nil},
		{"target", func(c *bench.Config) { c.Target = "gcp" }, []fault{{"target", "", "gcp", "one of local, aws"}}},
		{"verify", func(c *bench.Config) { c.Verify = "" }, []fault{{"verify", "", "", "one of full, count, off"}}},
		{"function name", func(c *bench.Config) { c.FunctionName = "a b" }, []fault{{"lambda_function_name", "", "a b", "a Lambda function's name or ARN"}}},
		{"region", func(c *bench.Config) { c.Region = "Europe" }, []fault{{"region", "", "Europe", "an AWS region such as us-east-1"}}},
		{"government region", func(c *bench.Config) { c.Region = "us-gov-west-1" }, nil},
		{"event type", func(c *bench.Config) { c.EventType = "CarSold" }, []fault{{
			"event_type", "", "CarSold",
			"one of CarCreated, LoanCreated, LoanPaymentSubmitted, CarServiceDone, random",
		}}},
		{"no warm-up", func(c *bench.Config) { c.WarmUp = 0 }, nil},
		{"warm-up below", func(c *bench.Config) { c.WarmUp = -1 }, []fault{{"warm_up_invocations", "", -1, "0 to 10000"}}},
		{"warm-up above", func(c *bench.Config) { c.WarmUp = 10_001 }, []fault{{"warm_up_invocations", "", 10_001, "0 to 10000"}}},
		{"concurrency", func(c *bench.Config) { c.Concurrency = 20_001 }, []fault{{"concurrency", "", 20_001, "0 to 20000"}}},
		{"largest seed", func(c *bench.Config) { c.Seed = 1<<53 - 1 }, nil},
		{"seed above", func(c *bench.Config) { c.Seed = 1 << 53 }, []fault{{"seed", "", int64(1 << 53), "0 to 9007199254740991"}}},
		{"seed below", func(c *bench.Config) { c.Seed = -1 }, []fault{{"seed", "", int64(-1), "0 to 9007199254740991"}}},
		{"no scenario", func(c *bench.Config) { c.Scenarios = nil }, []fault{{"scenario", "", "", "1, 2 or both"}}},
		{"lambdas", func(c *bench.Config) { c.Individual.NumLambdas = 0 }, []fault{{"scenario_1.num_lambdas", "", 0, "1 to 100000"}}},
		{"iterations", func(c *bench.Config) { c.Batch.Iterations = 1_000_001 }, []fault{{"scenario_2.iterations", "", 1_000_001, "1 to 1000000"}}},
		{"inserts", func(c *bench.Config) { c.Individual.Count = 100_001 }, []fault{{"scenario_1.inserts_per_iteration", "", 100_001, "1 to 100000"}}},
		{"a scenario twice", func(c *bench.Config) { c.Scenarios = []bench.Scenario{bench.Batch, bench.Batch} }, []fault{{"scenario", "", "batch, batch", "1, 2 or both"}}},
		{"thresholds without end", func(c *bench.Config) { c.Thresholds = make([]string, 1001) }, []fault{{"thresholds", "", "1001 of them", "1000 at most"}}},
		{"a threshold without end", func(c *bench.Config) { c.Thresholds = []string{strings.Repeat("p", 201)} }, []fault{{"thresholds", "", strings.Repeat("p", 200) + "...", "200 bytes at most"}}},
		{"3000 rows a batch", func(c *bench.Config) { c.Batch.Count = 3000 }, nil},
		{"3001 rows a batch", func(c *bench.Config) { c.Batch.Count = 3001 }, []fault{{"scenario_2.rows_per_batch", "", 3001, batchRows}}},
		{"10922 rows fit the protocol", func(c *bench.Config) { c.Batch.Count = 10_922 }, []fault{{"scenario_2.rows_per_batch", "", 10_922, batchRows}}},
		{"10923 rows don't", func(c *bench.Config) { c.Batch.Count = 10_923 }, []fault{{
			"scenario_2.rows_per_batch", "", 10_923,
			batchRows + "; 10923 rows x 6 parameters = 65538 also pass the protocol's limit of 65535 parameters",
		}}},
		{"too many rows", func(c *bench.Config) { c.Individual = bench.Load{NumLambdas: 100_000, Iterations: 100_000, Count: 1} }, []fault{{
			"scenario_1", "",
			"100000 invocations x 100000 iterations x 1 = 10000000000 rows", "at most 1000000000 rows",
		}}},
		{"a scenario that isn't asked for", func(c *bench.Config) { c.Scenarios, c.Batch.Count = []bench.Scenario{bench.Individual}, 3001 }, nil},
		{"origin", func(c *bench.Config) { c.WarmUp, c.Origin["warm_up_invocations"] = -1, "--warm-up" }, []fault{{"warm_up_invocations", "--warm-up", -1, "0 to 10000"}}},
		{"all at once", func(c *bench.Config) { c.Target, c.Seed, c.Individual.NumLambdas, c.Batch.Count = "x", -1, -2, 0 }, []fault{
			{"scenario_1.num_lambdas", "", -2, "1 to 100000"},
			{"scenario_2.rows_per_batch", "", 0, batchRows},
			{"seed", "", int64(-1), "0 to 9007199254740991"},
			{"target", "", "x", "one of local, aws"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := bench.Defaults()
			c.change(&config)
			err := Validate(&config)
			if diff := cmp.Diff(c.want, faultsOf(err)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if (err != nil) != (c.want != nil) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestValidateThresholds(t *testing.T) {
	c := bench.Defaults()
	c.Scenarios, c.Origin["thresholds"] = []bench.Scenario{bench.Individual}, "--threshold"
	c.Thresholds = []string{"p99<1s", "p98<1s", "batch.p99<1s", "1.errors==0"}
	want := []fault{
		{"thresholds", "--threshold", "p98<1s", `a condition such as p99<50ms; column 1: unknown figure "p98": did you mean p90, p95, p99?`},
		{"thresholds", "--threshold", "batch.p99<1s", "for a scenario that runs: individual"},
	}
	if diff := cmp.Diff(want, faultsOf(Validate(&c))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestFaultMessage(t *testing.T) {
	f := &bench.Fault{Key: "seed", Origin: "config.json:7:5", Value: -1, Allowed: "0 to 9"}
	if got, want := fmt.Sprint(f), "seed = -1 (from config.json:7:5): must be 0 to 9"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f.Origin, f.Value = "", ""
	if got, want := fmt.Sprint(f), `seed = "": must be 0 to 9`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f.Value = -1
	if got, want := fmt.Sprint(f), "seed = -1: must be 0 to 9"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWholeNumbersInAConfigFile(t *testing.T) {
	c := bench.Defaults()
	if err := ReadFile(&c, "config.json", []byte(`{"scenario_1": {"num_lambdas": 5.0}, "warm_up_invocations": 2.0e0, "slow_ms": 1.5}`)); err != nil {
		t.Fatal(err)
	}
	if c.Individual.NumLambdas != 5 || c.WarmUp != 2 || c.SlowMs != 1.5 {
		t.Errorf("%+v", c)
	}
	if err := ReadFile(&c, "config.json", []byte("{\n\"scenario_1\": {\"iterations\": 2.0, \"num_lambdas\": 5.5}}")); err == nil || err.Error() != "config.json:2:47: scenario_1.num_lambdas is the number 5.5, must be a whole number" {
		t.Errorf("error %v", err)
	}
}
