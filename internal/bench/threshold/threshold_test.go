package threshold

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/benchtest"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/latency"
)

func TestParseThreshold(t *testing.T) {
	for _, c := range []struct {
		text string
		want bench.Threshold
	}{
		{"p99<50ms", bench.Threshold{Figure: "p99", Operator: "<", Limit: 50, Unit: "ms"}},
		{"p99<50", bench.Threshold{Figure: "p99", Operator: "<", Limit: 50, Unit: "ms"}},
		{" batch.p99.9 <= 1.5 s ", bench.Threshold{Scenario: bench.Batch, Figure: "p99.9", Operator: "<=", Limit: 1500, Unit: "ms"}},
		{"1.p99.9<2m", bench.Threshold{Scenario: bench.Individual, Figure: "p99.9", Operator: "<", Limit: 120_000, Unit: "ms"}},
		{"2.max<250us", bench.Threshold{Scenario: bench.Batch, Figure: "max", Operator: "<", Limit: 0.25, Unit: "ms"}},
		{"scenario_1.min>5µs", bench.Threshold{Scenario: bench.Individual, Figure: "min", Operator: ">", Limit: 0.005, Unit: "ms"}},
		{"individual.throughput>=40000rows/s", bench.Threshold{Scenario: bench.Individual, Figure: "throughput", Operator: ">=", Limit: 40_000, Unit: "rows/s"}},
		{"throughput>4e4/s", bench.Threshold{Figure: "throughput", Operator: ">", Limit: 40_000, Unit: "rows/s"}},
		{"throughput>=1e9", bench.Threshold{Figure: "throughput", Operator: ">=", Limit: 1e9, Unit: "rows/s"}},
		{"p99<1.5e3ms", bench.Threshold{Figure: "p99", Operator: "<", Limit: 1500, Unit: "ms"}},
		{"p99 < 1E+3 us", bench.Threshold{Figure: "p99", Operator: "<", Limit: 1, Unit: "ms"}},
		{"p99<1e-1m", bench.Threshold{Figure: "p99", Operator: "<", Limit: 6000, Unit: "ms"}},
		{"error_rate<.5%", bench.Threshold{Figure: "error_rate", Operator: "<", Limit: 0.5, Unit: "%"}},
		{"error_rate<5.%", bench.Threshold{Figure: "error_rate", Operator: "<", Limit: 5, Unit: "%"}},
		{"throughput>=40_000", bench.Threshold{Figure: "throughput", Operator: ">=", Limit: 40_000, Unit: "rows/s"}},
		{"errors==0e5", bench.Threshold{Figure: "errors", Operator: "==", Limit: 0, Unit: "rows"}},
		{"acknowledged>=1e12", bench.Threshold{Figure: "acknowledged", Operator: ">=", Limit: 1e12, Unit: "rows"}},
		{"success_rate==100%", bench.Threshold{Figure: "success_rate", Operator: "==", Limit: 100, Unit: "%"}},
		{"errors!=1", bench.Threshold{Figure: "errors", Operator: "!=", Limit: 1, Unit: "rows"}},
		{"retries<5", bench.Threshold{Figure: "retries", Operator: "<", Limit: 5}},
		{"cost<0.5$", bench.Threshold{Figure: "cost", Operator: "<", Limit: 0.5, Unit: "USD"}},
		{"run_duration<2m", bench.Threshold{Figure: "run_duration", Operator: "<", Limit: 120, Unit: "s"}},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, err := Parse(c.text)
			if c.want == (bench.Threshold{}) {
				if err == nil {
					t.Errorf("accepted as %+v", got)
				}
				return
			}
			c.want.Text = c.text
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestParseThresholdFaults(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `threshold "", column 1: no operator: <=, >=, ==, !=, <, >, as in p99<50ms`},
		{"p99", `threshold "p99", column 4: no operator: <=, >=, ==, !=, <, >, as in p99<50ms`},
		{"<50ms", `threshold "<50ms", column 1: no figure before the operator, as p99 in p99<50ms`},
		{"p99=50ms", `threshold "p99=50ms", column 4: "=" must be one of <=, >=, ==, !=, <, >`},
		{"  p98<50ms", `threshold "  p98<50ms", column 3: unknown figure "p98": did you mean p90, p95, p99?`},
		{"batch. thruput>5", `threshold "batch. thruput>5", column 8: unknown figure "thruput": docs/thresholds.md lists all, such as throughput, p99, error_rate`},
		{"1.p99.8<5", `threshold "1.p99.8<5", column 3: unknown figure "p99.8": did you mean p99.9?`},
		{"through_put>5", `threshold "through_put>5", column 1: unknown figure "through_put": did you mean throughput?`},
		{"bath.p99<5", `threshold "bath.p99<5", column 1: scenario "bath" must be individual (1) or batch (2)`},
		{"2.cost<5", `threshold "2.cost<5", column 3: cost is a figure of the whole run: leave 2. out`},
		{"p99<", `threshold "p99<", column 5: "" must be a number, with a unit if you like: 50ms (also us, s, m)`},
		{"p99< x", `threshold "p99< x", column 6: "x" must be a number, with a unit if you like: 50ms (also us, s, m)`},
		{"p99<-5ms", `threshold "p99<-5ms", column 5: -5 is below 0, the smallest limit: 50ms (also us, s, m)`},
		{"throughput>1e999", `threshold "throughput>1e999", column 12: 1e999 is above 1e12, the largest limit: 5 rows/s`},
		{"p99<1e13ms", `threshold "p99<1e13ms", column 5: 1e13 is above 1e12, the largest limit: 50ms (also us, s, m)`},
		{"p99<-1e999", `threshold "p99<-1e999", column 5: -1e999 is below 0, the smallest limit: 50ms (also us, s, m)`},
		{"p99>1e-999ms", `threshold "p99>1e-999ms", column 5: 1e-999 is too small to be distinguished from 0: 50ms (also us, s, m)`},
		{"p99<1e", `threshold "p99<1e", column 5: "1e" must be a number, with a unit if you like: 50ms (also us, s, m)`},
		{"p99<1e+ms", `threshold "p99<1e+ms", column 5: "1e+ms" must be a number, with a unit if you like: 50ms (also us, s, m)`},
		{"p99<e3", `threshold "p99<e3", column 5: "e3" must be a number, with a unit if you like: 50ms (also us, s, m)`},
		{"errors<1__000", `threshold "errors<1__000", column 8: "1__000" must be a number, with a unit if you like: 5 rows`},
		{"p99<1.2.3", `threshold "p99<1.2.3", column 5: "1.2.3" must be a number, with a unit if you like: 50ms (also us, s, m)`},
		{"p99<inf", `threshold "p99<inf", column 5: "inf" must be a number, with a unit if you like: 50ms (also us, s, m)`},
		{"p99<0x10", `threshold "p99<0x10", column 6: "x10" isn't a unit of p99: 50ms (also us, s, m)`},
		{"p99<50 parsecs", `threshold "p99<50 parsecs", column 8: "parsecs" isn't a unit of p99: 50ms (also us, s, m)`},
		{"throughput>40k", `threshold "throughput>40k", column 14: "k" isn't a unit of throughput: 5 rows/s`},
		{"p99<NaN", `threshold "p99<NaN", column 5: "NaN" must be a number, with a unit if you like: 50ms (also us, s, m)`},
		{"retries<5%", `threshold "retries<5%", column 10: "%" isn't a unit of retries: 5`},
		{"p99<1<2", `threshold "p99<1<2", column 6: "<2" isn't a unit of p99: 50ms (also us, s, m)`},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, err := Parse(c.text)
			var wrong *Error
			if !errors.As(err, &wrong) || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestJudgeThresholds(t *testing.T) {
	r := benchtest.Measured()
	r.Run.Config.Thresholds = []string{"p99<7ms", "2.p99<=7ms", "throughput>1", "lost==24", "2.cold_max!=305ms", "2.cost>=0.25", "2.duration>20s", "cost_per_million<1", "2.cost<1"}
	Judge(r)
	type judged struct {
		Scenario bench.Scenario
		Text     string
		Value    float64
		OK       bool
		Why      string
	}
	var got []judged
	for _, t := range r.Thresholds {
		j := judged{t.Scenario, t.Text, -1, t.OK, WhyNoValue(r, t)}
		if t.Value != nil {
			j.Value = *t.Value
		}
		got = append(got, j)
	}
	want := []judged{
		{bench.Individual, "p99<7ms", -1, false, "the scenario didn't run"},
		{bench.Batch, "p99<7ms", 7, false, ""},
		{bench.Batch, "2.p99<=7ms", 7, true, ""},
		{bench.Individual, "throughput>1", -1, false, "the scenario didn't run"},
		{bench.Batch, "throughput>1", 46_560, true, ""},
		{"", "lost==24", 24, true, ""},
		{bench.Batch, "2.cold_max!=305ms", 305, false, ""},
		{"", "2.cost>=0.25", -1, false, "there is no such figure"},
		{bench.Batch, "2.duration>20s", 21, true, ""},
		{"", "cost_per_million<1", 7.5, false, ""},
		{"", "2.cost<1", -1, false, "there is no such figure"},
	}
	// What can't be read keeps the scenario that it named.
	want[7].Scenario, want[10].Scenario = bench.Batch, bench.Batch
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if n := len(r.FailedThresholds()); n != 7 {
		t.Errorf("%d failed, want 7", n)
	}
}

// No error in a scenario that never came to run is no success.
func TestJudgeThresholdsOfNothing(t *testing.T) {
	r := benchtest.Measured()
	r.Run.Config.Thresholds = []string{"1.error_rate<=0%", "1.errors==0"}
	r.Scenario1 = &bench.Summary{Scenario: bench.Individual, Invocations: bench.Account{Planned: 2, NotStarted: 2}, Rows: bench.Account{Planned: 20, NotStarted: 20}}
	Judge(r)
	for _, threshold := range r.Thresholds {
		if threshold.OK || threshold.Value != nil || WhyNoValue(r, threshold) != "the scenario didn't run" {
			t.Errorf("%+v: %s", threshold, WhyNoValue(r, threshold))
		}
	}
}

func TestLimitsAreMetAcrossUnits(t *testing.T) {
	for text, value := range map[string]float64{"p99<=0.3s": 300, "p99==0.1s": 100, "duration<=1.1m": 66} {
		threshold, err := Parse(text)
		if err != nil || !holds(&threshold, value) {
			t.Errorf("%s of %v is not met (limit %v, %v)", text, value, threshold.Limit, err)
		}
	}
	threshold, err := Parse("p99<0.3s")
	if err != nil || holds(&threshold, 300) || !holds(&threshold, 299.9) {
		t.Errorf("p99<0.3s of 300 or of 299.9 ms is wrong: %v", err)
	}
}

// hundred is the plan of a hundred invocations of ten statements of a row each.
func hundred() bench.Plan {
	return bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 100, Iterations: 10, Count: 1}}
}

func began() time.Time { return time.Unix(1_795_000_000, 0) }

// coldStart is of an invocation that started an environment and no statement.
func coldStart() bench.Result {
	return bench.Result{Outcome: bench.Acknowledged, Response: &bench.Response{Statements: &bench.Account{Planned: 10, NotStarted: 10}, ColdStart: true}}
}

// oneForeign has the answer of a function that tells of no statement.
func oneForeign(report *bench.Report) *sum.Sum {
	seen := sum.New(hundred())
	seen.Add(&bench.Result{Outcome: bench.Acknowledged, Report: report, Response: &bench.Response{}})
	return seen
}

func encoded(t *testing.T, h *latency.Histogram) *latency.Snapshot {
	t.Helper()
	s, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// brokenForGood reports whether a threshold alone can no longer be met.
func brokenForGood(t bench.Threshold, all *sum.Sum) bool {
	_, broken := NewWatch([]bench.Threshold{t}).BrokenForGood(all)
	return broken
}

// Of several thresholds the first that is broken is found.
func TestWatch(t *testing.T) {
	seen := sum.New(hundred())
	seen.Add(&bench.Result{Outcome: bench.Failed, Sent: began(), Ended: began()})
	var all []bench.Threshold
	for _, text := range []string{"p99<1m", "errors<5", "failed_invocations<1"} {
		threshold, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, threshold)
	}
	if got, broken := NewWatch(all).BrokenForGood(seen); !broken || got.Text != "errors<5" {
		t.Errorf("%q, %v: want errors<5", got.Text, broken)
	}
	if got, broken := NewWatch(all[:1]).BrokenForGood(seen); broken {
		t.Errorf("%q is broken", got.Text)
	}
}

func TestBrokenForGood(t *testing.T) {
	h := latency.New()
	for i := range 100 {
		h.Record(time.Duration(i+1) * time.Millisecond)
	}
	seen := sum.New(hundred())
	for i, r := range []bench.Result{
		{Outcome: bench.Acknowledged, Ended: began().Add(30 * time.Second), Throttles: map[string]int{"a": 8}, Response: &bench.Response{
			Statements: &bench.Account{Planned: 110, Acknowledged: 100, Failed: 10}, Attempts: 110, ColdStart: true,
			Retried: map[string]int64{"40001": 5, "08006": 1}, Errors: []bench.ErrorCount{{Kind: "40001", Statements: 2}}, Latency: encoded(t, h),
		}},
		{Outcome: bench.Failed},
		{Outcome: bench.Unknown},
		coldStart(), coldStart(), coldStart(),
	} {
		r.Index, r.Sent = i, began()
		seen.Add(&r)
	}
	for text, want := range map[string]bool{
		"errors<31": false, "errors<30": true, "errors<=30": false, "errors==0": true, "errors==30": false, "errors==31": false, "errors>100": false,
		"failed<=19": true, "unknown==0": true, "retries<6": true, "retries<7": false, "conflicts<=7": false, "conflicts<7": true,
		"throttles<8": true, "cold_starts<=4": false, "cold_starts<=3": true, "failed_invocations<2": true, "attempts<100": true,
		"max<100ms": true, "max<=100ms": false, "max<1s": false, "duration<30s": true, "duration<31s": false,
		"error_rate<3%": true, "error_rate<3.1%": false, "success_rate>97%": true, "success_rate>=97%": false, "success_rate>96%": false, "success_rate<50%": false,
		"invocation_success_rate>98%": true, "invocation_success_rate>=98%": false, "invocation_success_rate>97%": false, "invocation_success_rate<50%": false,
		// Of 1000 statements ten may lie beyond p99 and 100 beyond p90: eleven of
		// those seen are above 89 ms.
		"p99<89ms": true, "p99<91ms": false, "p90<1ms": false, "p50<1ms": false, "p99.9<99ms": true, "p99>1s": false,
		"batch.errors<30": true, "individual.errors<30": false,
		"throughput>1": false, "avg<1ms": false, "cost<0.1": false, "lost==0": false,
	} {
		threshold, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := brokenForGood(threshold, seen); got != want {
			t.Errorf("%s: broken for good %v, want %v", text, got, want)
		}
		if brokenForGood(threshold, sum.New(bench.Plan{Scenario: bench.Batch})) && text != "errors==30" && text != "errors==31" {
			t.Errorf("%s: broken before anything is known", text)
		}
	}
}

// What a function doesn't tell no threshold on it can be met by, whatever it demands.
func TestThresholdOnForeign(t *testing.T) {
	foreign := &bench.Summary{
		Scenario: bench.Batch, TotalLambdas: 1, SuccessfulLambdas: 1, SuccessRate: 100, TotalDurationMs: 1, Throughput: 10,
		Rows: bench.Account{Planned: 10, Acknowledged: 10}, Invocations: bench.Account{Planned: 1, Acknowledged: 1}, LatencyMs: benchtest.Measured().Scenario2.LatencyMs, LambdaDurationMs: benchtest.Measured().Scenario2.LambdaDurationMs,
	}
	foreign.Forget()
	for text, why := range map[string]string{
		"lost==0": figure.AbsentIDs, "unacknowledged_present==0": figure.AbsentIDs, "run_duration<1h": "",
		"p99<5s": figure.AbsentDetail, "max>1ms": figure.AbsentDetail, "avg<5s": figure.AbsentDetail, "attempts>=0": figure.AbsentDetail, "retries==0": figure.AbsentDetail, "conflicts==0": figure.AbsentDetail,
		"conflict_rate<1%": figure.AbsentDetail, "truncated==0": figure.AbsentDetail, "environments>=0": figure.AbsentDetail, "failed==0": figure.AbsentDetail, "clock_offset<1s": figure.AbsentDetail,
		"cold_starts==0": "the function doesn't report statements, and Lambda sent no REPORT line", "cold_p99<5s": "there was no cold start, or none was reported", "warm_p99<5s": "no invocation met a warm environment, or none was reported",
		"throughput>1": "", "errors==0": "", "unknown==0": "", "acknowledged>=10": "", "success_rate==100": "", "invocation_p99<5s": "", "lambda_duration_p99<5s": "", "throttles==0": "",
	} {
		r := &bench.Record{Run: bench.Run{Config: bench.Config{Scenarios: []bench.Scenario{bench.Batch}, Thresholds: []string{text}}}, Scenario2: foreign}
		Judge(r)
		threshold := r.Thresholds[0]
		if got := WhyNoValue(r, threshold); got != why || threshold.OK != (why == "") {
			t.Errorf("%s: met %v, why no value %q, want %q", text, threshold.OK, got, why)
		}
		if got := brokenForGood(threshold, oneForeign(nil)); got != (why != "") {
			t.Errorf("%s: broken at the first answer %v", text, got)
		}
		if got := brokenForGood(threshold, oneForeign(&bench.Report{})); got != (why == figure.AbsentDetail || why == figure.AbsentIDs) {
			t.Errorf("%s: broken at an answer that Lambda reports on %v", text, got)
		}
	}
}

// What is broken for good is not met at the end, whatever the other statements are.
func TestBrokenForGoodIsCertain(t *testing.T) {
	threshold, err := Parse("p90<50ms")
	if err != nil {
		t.Fatal(err)
	}
	const planned = 200
	for slow := range 40 {
		h := latency.New()
		for range slow {
			h.Record(60 * time.Millisecond)
		}
		seen := sum.New(bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 1, Iterations: planned, Count: 1}})
		seen.Add(&bench.Result{Outcome: bench.Acknowledged, Response: &bench.Response{Statements: &bench.Account{Acknowledged: int64(slow)}, Latency: encoded(t, h)}})
		broken := brokenForGood(threshold, seen)
		for range planned - slow {
			h.Record(time.Millisecond)
		}
		if met := h.Percentile(90) < 50*time.Millisecond; met == broken {
			t.Errorf("%d slow of %d: broken %v, met with the best of luck %v", slow, planned, broken, met)
		}
	}
}

// Whatever is written, it is a threshold or an error with a column in the text.
func FuzzParseThreshold(f *testing.F) {
	for _, text := range []string{"p99<50ms", " batch.p99.9 <= 1.5 s ", "1.cost<", "batch.<5µs", "p99 =! 5", "..<-.5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		threshold, err := Parse(text)
		var wrong *Error
		switch {
		case err == nil && figure.Named(threshold.Figure) == nil:
			t.Errorf("%q: figure %q", text, threshold.Figure)
		case err != nil && (!errors.As(err, &wrong) || wrong.Column < 1 || wrong.Column > len(text)+1):
			t.Errorf("%q: %v", text, err)
		}
	})
}
