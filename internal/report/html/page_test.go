package html

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/report/html/htmltest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func render(t *testing.T, r *bench.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// said is the report without what every report has: style and script.
func said(html []byte) string {
	fixed := regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>`)
	return string(fixed.ReplaceAll(html, nil))
}

func TestGolden(t *testing.T) {
	for name, r := range map[string]*bench.Record{
		"full":       htmltest.Full(t, htmltest.Size{Seconds: 5, Invocations: 8, Iterations: 20, Rows: 100}),
		"no_success": htmltest.Bare(bench.Incomplete, htmltest.Failed(t, bench.Individual), nil),
	} {
		t.Run(name, func(t *testing.T) {
			got := said(render(t, r))
			path := filepath.Join("testdata", name+".golden.html")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestStates wants reports of runs that lack something to be whole, and to say
// what they can't say.
func TestStates(t *testing.T) {
	nonsense := regexp.MustCompile(`\bNaN\b|\bInf\b|%!|<nil>|ZgotmplZ|0001-01-01|null`)
	for name, s := range htmltest.States(t) {
		t.Run(name, func(t *testing.T) {
			text := said(render(t, s.Record))
			for _, want := range s.Says {
				if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
					t.Errorf("the report doesn't say %q", want)
				}
			}
			if s.Never != "" && strings.Contains(strings.ToLower(text), s.Never) {
				t.Errorf("the report says %q", s.Never)
			}
			outside, _, _ := strings.Cut(text, `<script type="application/json"`)
			if found := nonsense.FindString(outside); found != "" {
				t.Errorf("the report says %q", found)
			}
			if !strings.HasSuffix(strings.TrimSpace(text), "</html>") {
				t.Error("the report is cut off")
			}
		})
	}
}

func TestTheSameRecordMakesTheSameBytes(t *testing.T) {
	if r := htmltest.Full(t, htmltest.Small()); !bytes.Equal(render(t, r), render(t, r)) {
		t.Error("two reports of one record differ")
	}
}

// TestHostileTexts has markup wherever a text comes from outside.
func TestHostileTexts(t *testing.T) {
	const evil = `</script><script>alert(1)</script><img src=x onerror=alert(1)>`
	r := htmltest.Full(t, htmltest.Small())
	r.Run.ID, r.Run.Warnings, r.Run.Commit = evil, []string{evil}, evil
	r.Verdict.Reasons[0].Text = evil
	r.Scenario1.Description, r.Scenario1.ErrorsByKind[0].Kind, r.Scenario1.ErrorsByKind[0].Message = evil, evil, evil
	r.Scenario1.Timeline[2].ErrorKinds = map[string]int64{evil: 3}
	r.Scenario1.Slowest[0].TraceURL, r.Scenario1.Slowest[0].Phases[0].Phase = "javascript:alert(1)", evil
	html := string(render(t, r))
	for _, bad := range []string{"<script>alert", "<img", `href="javascript:`} {
		if strings.Contains(html, bad) {
			t.Errorf("the report holds %q", bad)
		}
	}
}

// TestLarge is a run of a million rows, and one of ten minutes.
func TestLarge(t *testing.T) {
	const most = 1_500_000
	for name, n := range map[string]htmltest.Size{
		"a million rows": {Seconds: 60, Invocations: 1000, Iterations: 10, Rows: 100},
		"ten minutes":    {Seconds: 600, Invocations: 3000, Iterations: 10, Rows: 100},
	} {
		if got := len(render(t, htmltest.Full(t, n))); got > most {
			t.Errorf("%s: %d bytes, want at most %d", name, got, most)
		}
	}
}

type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestWriteReportsAFullDisk(t *testing.T) {
	if err := Write(&broken{left: 10_000}, htmltest.Full(t, htmltest.Small())); err == nil {
		t.Error("no error although only a part could be written")
	}
}

// TestDistribution wants each sample in one bucket and each percentile to be
// the histogram's.
func TestDistribution(t *testing.T) {
	h := latency.New()
	for i := range 5000 {
		h.Record(time.Duration(i*i) * time.Microsecond)
	}
	s := &bench.Summary{Scenario: bench.Batch, StatementLatency: htmltest.StatementLatency(t, h)}
	c, sum := histogram(s), 0.0
	for _, n := range c.Series[0].Values {
		sum += *n
	}
	if sum != 5000 {
		t.Errorf("the buckets hold %v samples, want 5000", sum)
	}
	if at, want := notAbove(h, 4*time.Millisecond), int64(64); at != want { // 63 x 63 us is below 4 ms
		t.Errorf("%d samples up to 4 ms, want %d", at, want)
	}
	p := percentiles("p", "", s)
	for i, x := range p.Xs {
		want := inMs(h.Max())
		if x < 5000 {
			want = inMs(h.Percentile(max(100*(1-1/x), 1e-9)))
		}
		if got := *p.Series[0].Values[i]; math.Abs(got-want) > 1e-9 {
			t.Errorf("at 1/(1-p) = %v: %v ms, want %v", x, got, want)
		}
	}
	if last := p.Xs[len(p.Xs)-1]; last != 5000 {
		t.Errorf("the plot ends at %v, want 5000", last)
	}
}

func TestDamagedHistogram(t *testing.T) {
	r := htmltest.Full(t, htmltest.Small())
	r.Scenario1.StatementLatency.Histogram.HDR = "x"
	if text := said(render(t, r)); !strings.Contains(text, "the histogram can&#39;t be read") {
		t.Error("the report doesn't say that the histogram can't be read")
	}
}

// TestChartData compares what is drawn with the record.
func TestChartData(t *testing.T) {
	r := htmltest.Full(t, htmltest.Small())
	text := said(render(t, r))
	_, rest, _ := strings.Cut(text, `id="charts">`)
	data, _, _ := strings.Cut(rest, "</script>")
	var charts []chart
	if err := json.Unmarshal([]byte(data), &charts); err != nil {
		t.Fatal(err)
	}
	got := map[string][]*float64{}
	for _, c := range charts {
		for _, s := range c.Series {
			if len(s.Values) != len(c.Xs) {
				t.Errorf("%s, %s: %d values for %d places", c.ID, s.Name, len(s.Values), len(c.Xs))
			}
			got[c.ID+" "+s.Name] = s.Values
		}
	}
	want := map[string][]*float64{}
	for _, s := range r.Summaries() {
		for _, second := range s.Timeline {
			for name, v := range map[string]*float64{
				"-throughput rows": new(float64(*second.Rows)), "-latency p50": second.P50, "-latency max": second.Max,
				"-in-flight in flight": new(float64(second.InFlight)), "-in-flight throttled/s": new(float64(second.Throttled)),
				"-errors 40001": new(float64(second.ErrorKinds["40001"])), "-retries 40001": new(float64(second.Retried["40001"])),
			} {
				name = string(s.Scenario) + name
				want[name] = append(want[name], v)
			}
		}
	}
	for name, values := range want {
		if diff := cmp.Diff(values, got[name]); diff != "" {
			t.Errorf("%s: -record +page\n%s", name, diff)
		}
	}
}
