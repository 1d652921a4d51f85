package compare

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// record is a run with these figures; the percentiles are multiples of p50.
func record(id string, throughput, p50 float64) *bench.Record {
	multiple := func(f float64) *float64 { v := f * p50; return &v }
	config := bench.Defaults()
	config.Scenarios = []bench.Scenario{bench.Batch}
	return &bench.Record{
		SchemaVersion: bench.SchemaVersion,
		Run: bench.Run{
			ID: id, Status: bench.Complete, StartedAt: time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC), Target: bench.Local, Config: config,
			Versions: map[string]string{"postgresql": "17.2"}, Commit: "4af2c81", Host: bench.Host{OS: "linux", Arch: "amd64", CPUs: 2, CPUModel: "a processor", MemoryBytes: 16 << 30},
		},
		Verdict: &bench.Verdict{Word: bench.Valid, Reasons: []bench.Reason{}},
		Scenario2: &bench.Summary{
			Scenario: bench.Batch, Throughput: throughput, SuccessRate: 100, TotalInserts: 1_000_000, TotalLambdas: 100, SuccessfulLambdas: 100,
			Rows:      bench.Account{Planned: 1_000_000, Acknowledged: 1_000_000},
			LatencyMs: bench.Stats{Spread: bench.Spread{Avg: multiple(100)}}, Statements: &bench.Account{Planned: 10_000, Acknowledged: 10_000},
			Retried: map[string]int64{"40001": int64(p50)},
			StatementLatency: bench.StatementLatency{
				Count: 10_000, Percentiles: bench.Percentiles{P50: multiple(1), P90: multiple(1.5), P95: multiple(1.75), P99: multiple(2.5), P999: multiple(4)}, Max: multiple(6),
			},
		},
	}
}

func side(name string, throughputs, p50s []float64) Side {
	s := Side{Name: name}
	for i := range throughputs {
		s.Files = append(s.Files, fmt.Sprintf("%s/results_%d.json", name, i+1))
		s.Records = append(s.Records, record(fmt.Sprintf("%s-%d", name, i+1), throughputs[i], p50s[i]))
	}
	return s
}

// repeats are two sides with five runs each, the new ones slower, with another
// batch size, and one of them suspect.
func repeats() []Side {
	a := side("old", []float64{48000, 47600, 48400, 48200, 47800}, []float64{90, 91, 89.5, 90.5, 90.2})
	b := side("new", []float64{44900, 45200, 45500, 45000, 45300}, []float64{96, 95, 95.5, 96.5, 95.8})
	for _, r := range b.Records {
		r.Run.Config.Batch.Count = 200
		r.Run.Commit = "b0d4e55"
		v := 0.21
		r.Cost = &bench.Cost{Actual: &bench.CostSheet{DPUUSD: &v, PerMillionRowUSD: &v}}
	}
	b.Records[2].Verdict = &bench.Verdict{Word: bench.Suspect, Reasons: []bench.Reason{{Severity: bench.Suspect, Code: "throttled", Scenario: bench.Batch, Text: "was throttled 12 times"}}}
	a.Records[0].Scenario1 = record("", 1000, 4).Scenario2
	return []Side{a, b}
}

func singles() []Side {
	r := rand.New(rand.NewPCG(1, 3))
	w := world{between: 0.01, within: 0.05, lag: 0.3, seconds: 40}
	return []Side{single("a.json", w.timed(r, 0, 300)), single("b.json", w.timed(r, -0.6, 300))}
}

func TestGolden(t *testing.T) {
	foreign := single("python.json", &bench.Record{
		Verdict:   &bench.Verdict{Word: bench.Suspect, Reasons: []bench.Reason{{Severity: bench.Suspect, Code: "foreign_file", Text: "the original suite's"}}},
		Scenario2: &bench.Summary{Throughput: 46000, SuccessRate: 99.5, TotalLambdas: 1000, TotalInserts: 995_000, TotalErrors: 5000, Rows: bench.Account{Planned: 1_000_000, Acknowledged: 995_000, Unknown: 5000}},
	})
	few := func(n int) []Side {
		sides := repeats()
		for i := range sides {
			sides[i].Files, sides[i].Records = sides[i].Files[:n], sides[i].Records[:n]
		}
		return sides
	}
	for name, c := range map[string]struct {
		sides []Side
		write func(*Comparison, *bytes.Buffer) error
	}{
		"repeats.txt":  {repeats(), func(c *Comparison, b *bytes.Buffer) error { return c.Text(b, false) }},
		"colour.txt":   {repeats(), func(c *Comparison, b *bytes.Buffer) error { return c.Text(b, true) }},
		"repeats.md":   {repeats(), func(c *Comparison, b *bytes.Buffer) error { return c.Markdown(b) }},
		"repeats.html": {repeats(), func(c *Comparison, b *bytes.Buffer) error { return c.HTML(b) }},
		"repeats.json": {repeats(), func(c *Comparison, b *bytes.Buffer) error { return c.JSON(b) }},
		"singles.txt":  {singles(), func(c *Comparison, b *bytes.Buffer) error { return c.Text(b, false) }},
		"three.txt":    {few(3), func(c *Comparison, b *bytes.Buffer) error { return c.Text(b, false) }},
		"foreign.txt":  {[]Side{foreign, few(1)[0], few(1)[1]}, func(c *Comparison, b *bytes.Buffer) error { return c.Text(b, false) }},
	} {
		t.Run(name, func(t *testing.T) {
			comparison, err := Compare(c.sides, defaults())
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := c.write(comparison, &got); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", strings.Replace(name, ".", ".golden.", 1))
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-%s +got (go test -update writes it)\n%s", path, diff)
			}
		})
	}
}

// Rows that were never sent are not acknowledged either; another suite's run
// knows only of those it counted.
func TestRowsNotAcknowledged(t *testing.T) {
	early := record("early", 46_000, 90)
	early.Scenario2.TotalInserts, early.Scenario2.Rows = 16_000, bench.Account{Planned: 80_000, Acknowledged: 16_000, NotStarted: 64_000}
	some := record("some", 46_000, 90)
	some.Scenario2.TotalInserts, some.Scenario2.TotalErrors = 60, 20
	some.Scenario2.Rows = bench.Account{Planned: 100, Acknowledged: 60, Failed: 15, Unknown: 5, NotStarted: 20}
	other := record("other", 46_000, 90)
	other.Verdict = &bench.Verdict{Reasons: []bench.Reason{{Code: "foreign_file"}}}
	other.Scenario2.TotalInserts, other.Scenario2.TotalErrors = 995, 5
	other.Scenario2.Rows = bench.Account{Planned: 1000, Acknowledged: 995, Unknown: 5}
	failed := *other.Scenario2
	failed.FailedLambdas = 2 // whose rows nobody counted
	if got := errorShare(other, &failed); got != nil {
		t.Errorf("with failed invocations: %v %%, want none", *got)
	}
	for name, c := range map[string]struct {
		record *bench.Record
		want   float64
	}{"all": {record("all", 46_000, 90), 0}, "ended early": {early, 80}, "of every kind": {some, 40}, "foreign": {other, 0.5}} {
		if got := errorShare(c.record, c.record.Scenario2); got == nil || *got != c.want {
			t.Errorf("%s: %v, want %v %%", name, got, c.want)
		}
	}
}

// A scenario that never came to run has no throughput to compare.
func TestNothingSentIsMissing(t *testing.T) {
	unsent := record("b", 0, 90)
	unsent.Scenario2 = &bench.Summary{Scenario: bench.Batch, Invocations: bench.Account{Planned: 5, NotStarted: 5}, Rows: bench.Account{Planned: 50, NotStarted: 50}}
	c, err := Compare([]Side{single("a.json", record("a", 48_000, 90)), single("b.json", unsent)}, defaults())
	if err != nil {
		t.Fatal(err)
	}
	row := c.Against[0].Tables[0].Rows[0]
	if row.Figure != "throughput" || row.New.Center != nil || row.Change != nil || row.Word != NotTested {
		t.Errorf("%+v", row)
	}
}

// What the JSON says is read back and holds the numbers that were compared.
func TestJSONHoldsTheRuns(t *testing.T) {
	c, err := Compare(repeats(), defaults())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.JSON(&b); err != nil {
		t.Fatal(err)
	}
	var back Comparison
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	row := back.Against[0].Tables[0].Rows[0]
	if got, want := row.New.numbers(), []float64{44900, 45200, 45500, 45000, 45300}; !cmp.Equal(got, want) {
		t.Errorf("runs %v, want %v", got, want)
	}
	if *row.Old.Center != 48000 || *row.New.Center != 45200 || math.Abs(*row.P-2.0/252) > 1e-12 || row.Word != Worse {
		t.Errorf("throughput: %+v, p %v", row, *row.P)
	}
}

func TestRefusesInvalidRuns(t *testing.T) {
	sides := repeats()
	sides[0].Records[1].Verdict = &bench.Verdict{Word: bench.Invalid, Reasons: []bench.Reason{
		{Severity: bench.Invalid, Code: "rows_lost", Text: "3 acknowledged rows are not in the table"}, {Severity: bench.Suspect, Text: "not said"},
	}}
	_, err := Compare(sides, defaults())
	if want := "old/results_2.json: the run is INVALID: 3 acknowledged rows are not in the table"; !errors.Is(err, ErrInvalid) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	o := defaults()
	o.Force = true
	c, err := Compare(sides, o)
	if err != nil {
		t.Fatal(err)
	}
	if want := "old (1 of 5 runs): INVALID, 3 acknowledged rows are not in the table"; c.Against[0].Warnings[0] != want {
		t.Errorf("warnings %q, want first %q", c.Against[0].Warnings, want)
	}
}

func TestDifferences(t *testing.T) {
	sides := repeats()
	for _, r := range sides[1].Records {
		r.Run.Config.Seed++               // differs between equal runs
		r.Run.Config.Individual.Count = 7 // didn't run
		r.Run.Config.Statement = bench.ByUnnest
	}
	sides[1].Records[4].Run.Host.CPUs = 4
	sides[1].Records[0].Run.Function = &bench.Function{MemoryMB: 512}
	want := map[string][2]string{
		"config.scenario_2.count": {"100", "200"}, "config.statement": {"values", "unnest"}, "commit": {"4af2c81", "b0d4e55"}, "host.cpus": {"2", "2 | 4"}, "function.memory_mb": {"-", "- | 512"},
	}
	got := map[string][2]string{}
	for _, d := range differences(sides[0], sides[1]) {
		if !strings.HasPrefix(d.Key, "function.") || d.Key == "function.memory_mb" {
			got[d.Key] = [2]string{d.Old, d.New}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if same := differences(sides[0], sides[0]); len(same) > 0 {
		t.Errorf("a side differs from itself: %v", same)
	}
}

func TestSameRunOnBothSides(t *testing.T) {
	sides := repeats()
	sides[1].Records[0].Run.ID = sides[0].Records[3].Run.ID
	c, err := Compare(sides, defaults())
	if err != nil {
		t.Fatal(err)
	}
	if want := "old/results_4.json and new/results_1.json are the same run"; !strings.Contains(strings.Join(c.Against[0].Warnings, "\n"), want) {
		t.Errorf("warnings %q lack %q", c.Against[0].Warnings, want)
	}
}

func TestRegressions(t *testing.T) {
	compared := func(sides []Side) *Comparison {
		c, err := Compare(sides, defaults())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	worse, back := compared(repeats()), repeats()
	better := compared([]Side{back[1], back[0]})
	const onesided, named = "new: scenario individual is only in old", ", so that not each figure that is named could be tested"
	small := repeats() // too few statements for p99
	for _, s := range small {
		for _, r := range s.Records {
			r.Scenario1, r.Scenario2.StatementLatency.Count, r.Scenario2.StatementLatency.TooFewFor = nil, 400, []string{"p99", "p99.9"}
		}
	}
	few := repeats()
	few[0].Records = few[0].Records[:2]
	fewRuns := func(figure string) string { return "new: batch " + figure + ": needs 4 or more runs a side" }
	for name, c := range map[string]struct {
		of       *Comparison
		gate     string
		found    []string
		untested []string
		open     string
	}{
		"above": {worse, "5.5%", []string{
			"new: batch throughput is worse by 5.8 %", "new: batch p50 is worse by 6.2 %", "new: batch p90 is worse by 6.2 %",
			"new: batch p95 is worse by 6.2 %", "new: batch p99 is worse by 6.2 %",
		}, []string{onesided}, ""},
		"below":      {worse, "6.5%", nil, []string{onesided}, ""},
		"better":     {better, "0%", nil, []string{"old: scenario individual is only in old"}, ""},
		"one figure": {worse, "p99.9=6%", []string{"new: batch p99.9 is worse by 6.2 %"}, nil, onesided + named},
		"one of its own": {worse, "6%, throughput=5%, p99=10%", []string{
			"new: batch throughput is worse by 5.8 %", "new: batch p50 is worse by 6.2 %", "new: batch p90 is worse by 6.2 %", "new: batch p95 is worse by 6.2 %",
		}, nil, onesided + named},
		"too few statements": {compared(small), "10%", nil, []string{"new: batch p99: takes 1,000 acknowledged statements a run, and old has 400, new has 400"}, ""},
		"too few for the one": {
			compared(small), "p99=10%, throughput=10%", nil, nil,
			"new: batch p99 could not be tested: takes 1,000 acknowledged statements a run, and old has 400, new has 400",
		},
		"too few runs": {
			compared(few), "5%", nil,
			[]string{fewRuns("throughput"), fewRuns("p50"), fewRuns("p90"), fewRuns("p95"), fewRuns("p99"), onesided},
			"new: no watched figure could be tested, so that no regression can be found",
		},
	} {
		t.Run(name, func(t *testing.T) {
			gate, err := ParseGate(c.gate)
			if err != nil {
				t.Fatal(err)
			}
			got := c.of.Regressions(gate)
			open := ""
			if got.Open != nil {
				open = got.Open.Error()
			}
			if diff := cmp.Diff([]any{c.found, c.untested, c.open}, []any{got.Found, got.Untested, open}); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestParseGateFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                 `"" must be a percentage such as 5%`,
		"5":                `"5" must be a percentage such as 5%`,
		"5%,":              `"" must be a percentage such as 5%`,
		"p99=5":            `"5" must be a percentage such as 5%`,
		"p98=5%":           `"p98": must be one of throughput, p50, p90, p95, p99, p99.9`,
		"max=5%":           `"max": must be one of throughput, p50, p90, p95, p99, p99.9`,
		"5%,6%":            `"6%": 5% is given for all figures already`,
		"p99=5%,p99 = 6%":  `"p99" is given twice`,
		"p99=1e999%,p98=5": `"1e999%" must be a percentage such as 5%` + "\n" + `"5" must be a percentage such as 5%`,
	} {
		if _, err := ParseGate(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
}

func TestParsePercent(t *testing.T) {
	for text, want := range map[string]float64{"5%": 0.05, "2.5%": 0.025, "10 %": 0.1, "0%": 0, ".5%": 0.005, "1e1%": 0.1} {
		if got, err := ParsePercent(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "0.05", "-5%", "5%%", "%", "1e999%", "inf%", "NaN%", "5 percent"} {
		if got, err := ParsePercent(text); err == nil {
			t.Errorf("%q: read as %v", text, got)
		}
	}
}

// The manual shows what the program prints.
func TestManual(t *testing.T) {
	manual, err := os.ReadFile("../../docs/compare.md")
	if err != nil {
		t.Fatal(err)
	}
	output, err := os.ReadFile("testdata/repeats.golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(manual), "```\n"+string(output)+"```\n") {
		t.Error("docs/compare.md doesn't show testdata/repeats.golden.txt as it is")
	}
}
