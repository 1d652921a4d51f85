package report_test

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/compare"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/html"
	"dsql-load-test/internal/verify"
)

// hostile are changes of a good file that no reader may stumble over.
func hostile() []struct{ old, now string } {
	return []struct{ old, now string }{
		{`"num_lambdas": 3`, `"num_lambdas": -5`},
		{`"num_lambdas": 3`, `"num_lambdas": 1000000000000`},
		{`"iterations": 10`, `"iterations": 9223372036854775807`},
		{`"seed": 42`, `"seed": 1e400`},
		{`"run": {`, `"run": null, "Run": {`},
		{`"timeline": [`, `"timeline": [null, {"second": 1000000000},`},
		{`"slowest_statements": [`, `"slowest_statements": [{"latency_us": 5, "phases": [null]},`},
		{`"p99_ms": `, `"p99_ms": 5e-324, "p50": `},
		{`"hdr_v2": "HIST`, `"hdr_v2": "H`},
		{`"acknowledged": 27`, `"acknowledged": 28`},
		{`"word": "`, `"word": "X`},
		{`"rows_unbalanced"`, `"foreign_file"`},
		{`"throughput_inserts_per_second": `, `"throughput_inserts_per_second": null, "x": `},
		{`"lost": 8000`, `"lost": 1`},
		{`"lambda_index": 4,`, `"lambda_index": -4,`},
		{`"at_is": "invocation_sent"`, `"at_is": ""`},
		{`"rows_file": "`, `"rows_file": "../`},
		{`"points": [`, `"points": [{"at": 5, "value": 1e308},`},
	}
}

func goodFiles() []string {
	return []string{"version_1_early.json", "version_1.json", "version_2.json", "results_20251220_101112.json", "everything.golden.json", "lost.golden.json"}
}

func seed(f *testing.F) {
	for _, path := range goodFiles() {
		text, err := os.ReadFile(filepath.Join("testdata", path))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		for _, change := range hostile() {
			if changed := strings.Replace(string(text), change.old, change.now, 1); changed != string(text) {
				f.Add([]byte(changed))
			}
		}
	}
	for _, text := range []string{"", "{", "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}", `{"schema_version": 3, "run": {}}`, strings.Repeat(`{"a":`, 200), `{"a":` + strings.Repeat("[", 200)} {
		f.Add([]byte(text))
	}
}

// Whatever a file has, it is read or refused, and an error has its place. What was
// read makes every report, a comparison and a plan that can be looked for.
func FuzzResults(f *testing.F) {
	seed(f)
	path := filepath.Join(f.TempDir(), "r.json")
	journal := filepath.Join(f.TempDir(), "r.journal")
	if err := os.WriteFile(journal, nil, 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) { read(t, path, journal, text) })
}

// read reads text from path, and makes of it all that can be made.
func read(t *testing.T, path, journal string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := report.Read(path)
	if err != nil {
		if !strings.HasPrefix(err.Error(), path+":") {
			t.Errorf("error without a place: %v", err)
		}
		return
	}
	threshold.Judge(r)
	if v := judge.Record(r); v.Word == "" {
		t.Error("no verdict")
	}
	for _, write := range []func(io.Writer, *bench.Record) error{report.Text, report.Markdown, report.CSV, report.JUnit, report.JSON, html.Write} {
		if err := write(io.Discard, r); err != nil {
			t.Error(err)
		}
	}
	compared(t, r)
	planned(t, path, journal, r)
}

// Two values of a good file, whichever they are, are replaced by others.
func FuzzResultsValues(f *testing.F) {
	var files [][]byte
	for _, path := range goodFiles() {
		text, err := os.ReadFile(filepath.Join("testdata", path))
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, text)
	}
	for i := range 40 {
		f.Add(uint8(i), uint16(7*i), uint8(i), uint16(i), uint8(255))
	}
	path := filepath.Join(f.TempDir(), "r.json")
	journal := filepath.Join(f.TempDir(), "r.journal")
	if err := os.WriteFile(journal, nil, 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file uint8, first uint16, value uint8, second uint16, other uint8) {
		text := files[int(file)%len(files)]
		text = replaced(t, replaced(t, text, int(first), int(value)), int(second), int(other))
		read(t, path, journal, text)
	})
}

// replaced is text with another value, one of a list, for its n-th one that is
// neither an object nor a list.
func replaced(t *testing.T, text []byte, n, value int) []byte {
	t.Helper()
	values := []string{
		"null", "0", "1", "-1", "1e400", "1e300", "8e12", "5e-324", "-0.5", "1e12", "1000000000000", "9223372036854775807", `""`, `"x"`, "true", "[]", "{}",
		`"2199-01-01T00:00:00+23:59"`, `"1970-01-01T00:00:00Z"`, `"individual"`, `"foreign_file"`, `"not_finite"`, "[null]", `[{}]`,
	}
	if value >= len(values) {
		return text
	}
	spans := scalar().FindAllSubmatchIndex(text, -1)
	if len(spans) == 0 {
		return text
	}
	span := spans[n%len(spans)][2:]
	return slices.Concat(text[:span[0]], []byte(values[value]), text[span[1]:])
}

// scalar finds a value in the indented JSON that the good files are, after its key
// or by itself in a list.
func scalar() *regexp.Regexp {
	return regexp.MustCompile(`(?m)(?:^\s*|: ?)((?:"(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*|true|false|null))[,}\s]`)
}

// compared sets r beside itself.
func compared(t *testing.T, r *bench.Record) {
	t.Helper()
	if len(r.Summaries()) == 0 {
		return
	}
	a := compare.Side{Name: "a", Files: []string{"a"}, Records: []*bench.Record{r}}
	c, err := compare.Compare([]compare.Side{a, a}, compare.Options{Alpha: 0.05, RunNoise: 0.1, Force: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(io.Writer) error{c.JSON, c.Markdown, c.HTML} {
		if err := write(io.Discard); err != nil {
			t.Error(err)
		}
	}
}

// planned looks at what driver verify and driver cleanup make of r.
func planned(t *testing.T, path, journal string, r *bench.Record) {
	t.Helper()
	if report.Ours(path, r) != nil {
		return
	}
	plans := r.Run.Config.Plans(r.Run.ID)
	if p, ok := r.Run.Config.WarmUpPlan(r.Run.ID); ok && p.Rows() < 1 {
		t.Errorf("%d rows to warm up", p.Rows())
	}
	for _, p := range plans {
		if p.Load.NumLambdas > 100_000 || p.Rows() < 1 || p.Rows() > 1_000_000_000 || p.Statements() > p.Rows() {
			t.Errorf("plan %+v", p)
		}
	}
	all, torn, err := verify.ReadJournal(journal, plans)
	if err != nil || torn != 0 || len(all) != len(plans) {
		t.Errorf("%d scenarios, %d torn lines, %v", len(all), torn, err)
	}
}

// A record with figures that are not finite makes every report and a comparison,
// before it is written and after it was read.
func TestNotFiniteInReports(t *testing.T) {
	r, err := report.Read("testdata/everything.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	infinite := math.Inf(1)
	for _, s := range r.Summaries() {
		s.Throughput, s.SuccessRate, s.TotalDurationMs, s.TotalDurationSeconds = infinite, math.NaN(), infinite, infinite
		s.LatencyMs.Avg, s.StatementLatency.P99, s.StatementLatency.Max, s.LambdaDurationMs.Avg = &infinite, &infinite, &infinite, &infinite
		s.Sample[0].SentMs, s.Sample[0].LatencyMs, s.Timeline[0].P50 = math.NaN(), infinite, &infinite
	}
	r.Run.DurationSeconds, r.Verification.DurationMs, r.Cost.Estimate.TotalUSD, r.Cost.Actual.PerMillionRowUSD = infinite, infinite, infinite, &infinite
	path, err := report.Create(t.TempDir(), r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := report.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*bench.Record{"before": r, "after": back} {
		t.Run(name, func(t *testing.T) {
			threshold.Judge(r)
			var b bytes.Buffer
			for _, write := range []func(io.Writer, *bench.Record) error{report.Text, report.Markdown, report.CSV, report.JUnit, report.JSON, html.Write} {
				if err := write(&b, r); err != nil {
					t.Error(err)
				}
			}
			compared(t, r)
			for _, wrong := range []string{"NaN", "+Inf", "-9,223", "unsupported value"} {
				shown, _, _ := strings.Cut(b.String(), "/*! uPlot") // the page's script knows NaN
				if i := strings.Index(shown, wrong); i >= 0 {
					t.Errorf("%s is shown: %s", wrong, shown[max(0, i-80):i+20])
				}
			}
		})
	}
	h, err := report.ReadHistory(filepath.Dir(path))
	if err != nil || len(h.Runs) != 1 {
		t.Fatalf("%+v, %v", h, err)
	}
	if err := h.JSON(io.Discard); err != nil {
		t.Error(err)
	}
}

// What was read of a folder is listed, whatever it is.
func FuzzHistory(f *testing.F) {
	seed(f)
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(folder, "results_1.json"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		h, err := report.ReadHistory(folder)
		if err != nil || len(h.Runs)+len(h.Unreadable) != 1 {
			t.Fatalf("%+v, %v", h, err)
		}
		for _, write := range []func(io.Writer) error{h.Text, h.JSON} {
			if err := write(io.Discard); err != nil {
				t.Error(err)
			}
		}
	})
}
