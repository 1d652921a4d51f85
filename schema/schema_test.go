package schema_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/latency"
)

func compile(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate returns the place where text is invalid, "" if it is valid.
func validate(t *testing.T, s *jsonschema.Schema, text []byte) string {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Validate(doc)
	var invalid *jsonschema.ValidationError
	if err != nil && !errors.As(err, &invalid) {
		t.Fatal(err)
	}
	if invalid == nil {
		return ""
	}
	for len(invalid.Causes) > 0 {
		invalid = invalid.Causes[0]
	}
	return "/" + strings.Join(append(invalid.InstanceLocation, invalid.ErrorKind.KeywordPath()...), "/")
}

func TestConfig(t *testing.T) {
	s := compile(t, "config.schema.json")
	repository, err := os.ReadFile("../config.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, text, invalidAt string }{
		{"the repository's", string(repository), ""},
		{"empty", `{}`, ""},
		{"every key", everyKey, ""},
		{"unknown key", `{"regions": "us-east-1"}`, "/additionalProperties"},
		{"unknown key of a scenario", `{"scenario_1": {"rows_per_batch": 1}}`, "/scenario_1/additionalProperties"},
		{"wrong type", `{"warm_up_invocations": "20"}`, "/warm_up_invocations/type"},
		{"fraction", `{"scenario_1": {"num_lambdas": 1.5}}`, "/scenario_1/num_lambdas/type"},
		{"event type", `{"event_type": "CarSold"}`, "/event_type/enum"},
		{"3000 rows per batch", `{"scenario_2": {"rows_per_batch": 3000}}`, ""},
		{"3001 rows per batch", `{"scenario_2": {"rows_per_batch": 3001}}`, "/scenario_2/rows_per_batch/maximum"},
		{"no invocation", `{"scenario_2": {"num_lambdas": 0}}`, "/scenario_2/num_lambdas/minimum"},
		{"array", `[]`, "/type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := validate(t, s, []byte(c.text)); got != c.invalidAt {
				t.Errorf("invalid at %q, want %q", got, c.invalidAt)
			}
			if c.invalidAt != "" {
				return
			}
			config := bench.Defaults()
			if err := setting.ReadFile(&config, "config.json", []byte(c.text)); err != nil {
				t.Errorf("the schema allows what ReadFile refuses: %v", err)
			}
			if err := setting.Validate(&config); err != nil {
				t.Errorf("the schema allows what Validate refuses: %v", err)
			}
		})
	}
}

const everyKey = `{
	"lambda_function_name": "f", "region": "eu-west-1", "warm_up_invocations": 0, "event_type": "random", "statement": "unnest",
	"scenario_1": {"num_lambdas": 1, "iterations": 1, "inserts_per_iteration": 1, "description": "a"},
	"scenario_2": {"num_lambdas": 1, "iterations": 1, "rows_per_batch": 1, "description": "b"},
	"configurable_parameters": {"note": "n", "available_event_types": ["random"]},
	"target": "aws", "concurrency": 1, "seed": 9007199254740991, "verify": "off",
	"retries": 0, "connect_rate": 0, "no_stream": true, "telemetry": "relay", "telemetry_required": true, "trace_detail": "all", "slow_ms": 0.5,
	"thresholds": ["p99<1s"], "abort_on_fail": true, "max_cost_usd": 5}`

// The schema has exactly the keys that the test above shows ReadFile to accept.
func TestConfigHasNoOtherKey(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal([]byte(everyKey), &doc); err != nil {
		t.Fatal(err)
	}
	root := load(t, "config.schema.json")
	want, got := keysOf(doc), keysOf(root["properties"].(map[string]any))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-ReadFile +schema\n%s", diff)
	}
	for key, value := range doc {
		if inner, ok := value.(map[string]any); ok {
			object := root["properties"].(map[string]any)[key].(map[string]any)
			if diff := cmp.Diff(keysOf(inner), keysOf(object["properties"].(map[string]any))); diff != "" {
				t.Errorf("%s: -ReadFile +schema\n%s", key, diff)
			}
		}
	}
}

var start = time.Date(2026, 11, 23, 20, 0, 0, 250e6, time.UTC)

// answered returns a result of the invocation in which the last statement failed and all
// others were acknowledged.
func answered(t *testing.T, inv bench.Invocation) bench.Result {
	t.Helper()
	n, rows := int64(inv.Statements()), int64(inv.RowsPerStatement())
	h, sparse := latency.New(), latency.Sparse{}
	for i := range n - 1 {
		d := time.Duration(i+1) * time.Millisecond
		h.Record(d)
		sparse.Record(d)
	}
	snapshot, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	ended := start.Add(1500 * time.Millisecond)
	return bench.Result{Index: inv.Index, Outcome: bench.Acknowledged, Sent: start, Ended: ended, Throttles: map[string]int{"Rate": 2}, Response: &bench.Response{
		SuccessCount: (n - 1) * rows, ErrorCount: rows, DurationMs: 1400, InsertsPerSecond: 7, TotalInserts: n * rows,
		Scenario: inv.Scenario, Iterations: inv.Iterations, Count: inv.Count, EventType: inv.EventType, Index: inv.Index,
		Statements: &bench.Account{Planned: n, Acknowledged: n - 1, Failed: 1}, Attempts: n, ColdStart: true, EnvironmentID: "env-1",
		Latency: snapshot, Failed: bench.Ranges{{int(n) - 1, int(n)}},
		Errors:   []bench.ErrorCount{{Kind: "40001", Message: "OC000", Statements: 1, Rows: rows}},
		Slowest:  []bench.Statement{{Invocation: inv.Index, Rows: int(rows), LatencyUs: 9, Attempts: 2, Outcome: bench.Failed, Error: "40001", SQLSTATE: "40001", Environment: "env-1", Detailed: true}},
		Timeline: []bench.Second{{Unix: start.Unix(), Statements: n, Rows: (n - 1) * rows, Errors: 1, Latency: sparse}},
	}}
}

func unanswered(o bench.Outcome) func(*testing.T, bench.Invocation) bench.Result {
	return func(_ *testing.T, inv bench.Invocation) bench.Result {
		r := bench.Result{Index: inv.Index, Outcome: o}
		if o != bench.NotStarted {
			r.Sent, r.Ended, r.Error, r.ErrorKind = start, start.Add(time.Second), "it broke", "Unhandled"
		}
		return r
	}
}

// foreign is a response of the original Python function.
func foreign(_ *testing.T, inv bench.Invocation) bench.Result {
	return bench.Result{Index: inv.Index, Outcome: bench.Acknowledged, Sent: start, Ended: start.Add(time.Second), Response: &bench.Response{
		SuccessCount: inv.Rows(), TotalInserts: inv.Rows(), DurationMs: 900, InsertsPerSecond: 5,
		Scenario: inv.Scenario, Iterations: inv.Iterations, Count: inv.Count, EventType: inv.EventType, Index: inv.Index,
	}}
}

// record returns the record of a run whose invocations have the given ends, in turn.
func record(t *testing.T, scenarios []bench.Scenario, ends ...func(*testing.T, bench.Invocation) bench.Result) *bench.Record {
	t.Helper()
	c := bench.Defaults()
	c.Scenarios = scenarios
	c.Individual.NumLambdas, c.Batch.NumLambdas = 6, 6
	r := &bench.Record{SchemaVersion: bench.SchemaVersion, Run: bench.Run{
		ID: "01M850BJEVW2N143JB0YS2GE2T", Status: bench.Complete, StartedAt: start, EndedAt: start.Add(time.Minute), DurationSeconds: 60,
		Target: bench.Local, Config: c, Versions: map[string]string{"go": "go1.26"}, Commit: "unknown", Warnings: []string{"mind the gap"},
		LocalTarget: &bench.LocalTarget{EnvConcurrency: 1, ConcurrencyLimit: 6, FunctionTimeoutSeconds: 900, Faults: []string{"conflict=1%"}, Injected: map[string]int64{"conflict": 3}, Database: "throwaway"},
		WarmUp:      &bench.WarmUp{},
	}, Verdict: &bench.Verdict{Word: bench.Valid, Reasons: []bench.Reason{}}, Thresholds: []bench.Threshold{}, Verification: &bench.Verification{Mode: bench.VerifyFull, OK: true, LostIDs: []string{}}}
	for _, p := range c.Plans(r.Run.ID) {
		results := make([]bench.Result, p.Load.NumLambdas)
		for i := range results {
			results[i] = ends[i%len(ends)](t, p.Invocation(i))
		}
		s, err := sum.Of(p, results)
		if err != nil {
			t.Fatal(err)
		}
		if p.Scenario == bench.Batch {
			r.Scenario2 = s
		} else {
			r.Scenario1 = s
		}
	}
	return r
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRecords(t *testing.T) {
	s := compile(t, "results.schema.json")
	both := bench.Scenarios()
	bare := record(t, both[:1], answered)
	observed := record(t, both, answered)
	observed.Telemetry = &bench.Telemetry{
		Mode: bench.TelemetryRelay, Endpoint: "localhost:4317",
		Spans:  bench.Ledger{Lambda: bench.Hop{Produced: 3, Passed: 2, Dropped: map[string]int64{"response_size": 1}}, Driver: bench.Hop{Dropped: map[string]int64{}}},
		Points: bench.Ledger{Lambda: bench.Hop{Dropped: map[string]int64{}}, Driver: bench.Hop{Dropped: map[string]int64{}}, Collector: &bench.Hop{Dropped: map[string]int64{}}},
	}
	observed.Telemetry.Spans.Unknown = "the collector's counters: none"
	observed.Accounts = &bench.Accounts{Acknowledged: 5, Spans: new(int64), Missing: []string{"prometheus: not asked"}}
	observed.TraceStore = &bench.TraceStore{Sampled: 2, Slowest: 1, Opened: 2, Whole: 1, Wrong: []bench.TraceFault{{TraceID: strings.Repeat("a", 32), Expected: 8}}, Problem: "one lacks spans"}
	observed.Run.Links = &bench.Links{Dashboard: "http://localhost:3000/d/a", SlowStatements: "http://localhost:3000/d/b", TelemetryHealth: "http://localhost:3000/d/c", RunTrace: "http://localhost:3000/d/d"}
	bare.Run.LocalTarget, bare.Run.WarmUp, bare.Verification = nil, nil, nil
	for name, r := range map[string]*bench.Record{
		"both scenarios":         record(t, both, answered),
		"batch only":             record(t, both[1:], answered),
		"without optional parts": bare,
		"observed":               observed,
		"interrupted":            record(t, both, answered, unanswered(bench.NotStarted)),
		"nothing was sent":       record(t, both, unanswered(bench.NotStarted)),
		"no success":             record(t, both, unanswered(bench.Failed), unanswered(bench.Unknown)),
		"foreign function":       record(t, both, foreign),
		"some of everything":     record(t, both, answered, foreign, unanswered(bench.Failed), unanswered(bench.Unknown), unanswered(bench.NotStarted)),
	} {
		t.Run(name, func(t *testing.T) {
			text := marshal(t, r)
			if at := validate(t, s, text); at != "" {
				t.Errorf("invalid at %s\n%s", at, text)
			}
		})
	}
}

func TestMutatedRecordIsInvalid(t *testing.T) {
	s := compile(t, "results.schema.json")
	text := marshal(t, record(t, bench.Scenarios(), answered))
	for _, c := range []struct {
		name, at, key string
		value         any // nil removes the key
		invalidAt     string
	}{
		{"no run", "", "run", nil, "/required"},
		{"no status", "run", "status", nil, "/run/required"},
		{"unknown status", "run", "status", "fine", "/run/status/enum"},
		{"time as a number", "run", "started_at", 5, "/run/started_at/type"},
		{"time as any text", "run", "started_at", "today", "/run/started_at/format"},
		{"other version", "", "schema_version", 1, "/schema_version/const"},
		{"unknown key", "scenario_1", "p50", 1, "/scenario_1/additionalProperties"},
		{"no p99", "scenario_1.latency_ms", "p99", nil, "/scenario_1/latency_ms/required"},
		{"account of texts", "scenario_2.rows", "planned", "5", "/scenario_2/rows/planned/type"},
		{"negative count", "scenario_2.rows", "lost", -1, "/scenario_2/rows/additionalProperties"},
		{"negative rows", "scenario_2.rows", "failed", -1, "/scenario_2/rows/failed/minimum"},
		{"more than the slowest", "scenario_1", "slowest_statements", make([]any, bench.SlowestKept+1), "/scenario_1/slowest_statements/maxItems"},
		{"trace store without counts", "", "trace_store", map[string]any{}, "/trace_store/required"},
		{"throttles of texts", "scenario_1.throttles", "Rate", "2", "/scenario_1/throttles/Rate/type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var doc map[string]any
			if err := json.Unmarshal(text, &doc); err != nil {
				t.Fatal(err)
			}
			object := doc
			if c.at != "" {
				for key := range strings.SplitSeq(c.at, ".") {
					object = object[key].(map[string]any)
				}
			}
			if c.value == nil {
				delete(object, c.key)
			} else {
				object[c.key] = c.value
			}
			if got := validate(t, s, marshal(t, doc)); got != c.invalidAt {
				t.Errorf("invalid at %q, want %q", got, c.invalidAt)
			}
		})
	}
}

func load(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// Every Go type in a Record has exactly the keys of the schema, so that neither can fall
// behind.
func TestSchemaHasTheTypesKeys(t *testing.T) {
	root := load(t, "results.schema.json")
	w := walk{t: t, defs: root["$defs"].(map[string]any)}
	w.compare("Record", reflect.TypeFor[bench.Record](), root)
	if w.objects < 20 {
		t.Errorf("%d objects compared, want at least 20", w.objects)
	}
}

type walk struct {
	t       *testing.T
	defs    map[string]any
	objects int
}

func (w *walk) compare(path string, typ reflect.Type, schema map[string]any) {
	w.t.Helper()
	if choices, ok := schema["anyOf"].([]any); ok {
		schema = choices[0].(map[string]any)
	}
	if r, ok := schema["$ref"].(string); ok {
		schema = w.defs[strings.TrimPrefix(r, "#/$defs/")].(map[string]any)
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ == reflect.TypeFor[time.Time]():
	case typ.Kind() == reflect.Struct:
		w.object(path, typ, schema)
	case typ.Kind() == reflect.Slice:
		w.compare(path+"[]", typ.Elem(), schema["items"].(map[string]any))
	case typ.Kind() == reflect.Map:
		w.compare(path+"{}", typ.Elem(), schema["additionalProperties"].(map[string]any))
	}
}

func (w *walk) object(path string, typ reflect.Type, schema map[string]any) {
	w.t.Helper()
	w.objects++
	properties, ok := schema["properties"].(map[string]any)
	if !ok || schema["additionalProperties"] != false {
		w.t.Errorf("%s: not a closed object in the schema", path)
		return
	}
	fields := fieldsOf(typ)
	if diff := cmp.Diff(keysOf(fields), keysOf(properties)); diff != "" {
		w.t.Errorf("%s: keys: -Go +schema\n%s", path, diff)
		return
	}
	var always, required []string
	for key, f := range fields {
		property := properties[key].(map[string]any)
		if text, _ := property["description"].(string); text == "" {
			w.t.Errorf("%s.%s: no description", path, key)
		}
		if !strings.Contains(f.Tag.Get("json"), ",omitempty") {
			always = append(always, key)
		}
		w.compare(path+"."+key, f.Type, property)
	}
	for _, key := range schema["required"].([]any) {
		required = append(required, key.(string))
	}
	slices.Sort(always)
	slices.Sort(required)
	if diff := cmp.Diff(always, required); diff != "" {
		w.t.Errorf("%s: required: -Go +schema\n%s", path, diff)
	}
}

// fieldsOf returns the fields of a struct by JSON key, with those of embedded structs, but
// without those that only the function's response has.
func fieldsOf(typ reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(typ) {
		if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); !f.Anonymous && key != "-" {
			fields[key] = f
		}
	}
	if typ == reflect.TypeFor[bench.Statement]() {
		delete(fields, "detailed")
	}
	return fields
}

func keysOf[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
