package relay

import (
	cmp2 "cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// collectorText is what a collector 0.161.0 tells of itself, shortened.
const collectorText = `# HELP otelcol_exporter_queue_size Current size of the retry queue (in batches). [Alpha]
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{data_type="metrics",exporter="otlp_http/prometheus"} 0
otelcol_exporter_queue_size{data_type="traces",exporter="otlp_grpc/jaeger"} 0
# HELP otelcol_exporter_sent_metric_points Number of metric points successfully sent to destination. [Alpha]
# TYPE otelcol_exporter_sent_metric_points counter
otelcol_exporter_sent_metric_points{exporter="otlp_http/counts",server_address="127.0.0.1",server_port="9090",url_path="/api/v1/otlp/v1/metrics"} 77
otelcol_exporter_sent_metric_points{exporter="otlp_http/prometheus",server_address="127.0.0.1",server_port="9090",url_path="/api/v1/otlp/v1/metrics"} 3942
# HELP otelcol_exporter_sent_spans Number of spans successfully sent to destination. [Alpha]
# TYPE otelcol_exporter_sent_spans counter
otelcol_exporter_sent_spans{exporter="otlp_grpc/jaeger",server_address="127.0.0.1",server_port="14317"} 536181
# HELP otelcol_process_cpu_seconds Total CPU user and system time in seconds [Alpha]
# TYPE otelcol_process_cpu_seconds counter
otelcol_process_cpu_seconds 6.699999999999999
# HELP otelcol_process_memory_rss Total physical memory (resident set size) [Alpha]
# TYPE otelcol_process_memory_rss gauge
otelcol_process_memory_rss 1.58224384e+08
# HELP otelcol_receiver_accepted_metric_points Number of metric points successfully pushed into the pipeline. [Alpha]
# TYPE otelcol_receiver_accepted_metric_points counter
otelcol_receiver_accepted_metric_points{receiver="otlp",transport="grpc"} 3942
# HELP otelcol_receiver_accepted_spans Number of spans successfully pushed into the pipeline. [Alpha]
# TYPE otelcol_receiver_accepted_spans counter
otelcol_receiver_accepted_spans{receiver="otlp",transport="grpc"} 536181
# HELP otelcol_receiver_refused_spans Number of spans that could not be pushed into the pipeline. [Alpha]
# TYPE otelcol_receiver_refused_spans counter
otelcol_receiver_refused_spans{receiver="otlp",transport="grpc"} 0
# HELP promhttp_metric_handler_errors_total Total number of internal errors encountered by the promhttp metric handler.
# TYPE promhttp_metric_handler_errors_total counter
promhttp_metric_handler_errors_total{cause="encoding"} 0
# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_instance_id="03afa461-d9c6-45b6-b2ce-3cc6532eff09",service_name="otelcol",service_version="0.161.0"} 1
`

func TestReadCounters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		want       counters
	}{
		{"a collector's", collectorText, counters{
			"otelcol_exporter_queue_size": 0, "otelcol_exporter_sent_metric_points": 3942, "otelcol_exporter_sent_spans": 536181,
			"otelcol_process_cpu_seconds": 6.699999999999999, "otelcol_process_memory_rss": 1.58224384e+08,
			"otelcol_receiver_accepted_metric_points": 3942, "otelcol_receiver_accepted_spans": 536181, "otelcol_receiver_refused_spans": 0,
		}},
		{"nothing", "", counters{}},
		{"somebody else's", "go_goroutines 7\n", counters{}},
		{"with _total", "otelcol_exporter_sent_spans_total{exporter=\"a\"} 5\n", counters{"otelcol_exporter_sent_spans": 5}},
		{"of several receivers", "otelcol_x{receiver=\"a\"} 5\notelcol_x{receiver=\"b\"} 6\n", counters{"otelcol_x": 11}},
		{
			"of what counts the runs", "otelcol_exporter_sent_metric_points{exporter=\"otlp_http/counts\"} 5\notelcol_exporter_sent_metric_points_total{exporter=\"otlp_http/a\"} 6\n" +
				"otelcol_exporter_send_failed_metric_points{a=\"b\",exporter=\"otlp_http/counts\"} 7\n",
			counters{"otelcol_exporter_sent_metric_points": 6},
		},
		{"with a time", "otelcol_x{a=\"b\"} 5 1700000000000\notelcol_y 6 1700000000000\n", counters{"otelcol_x": 5, "otelcol_y": 6}},
		{"with odd labels", `otelcol_x{a="{b} c",d="e\"f"} 7` + "\n", counters{"otelcol_x": 7}},
		{"without a value", "otelcol_x\notelcol_y{}\notelcol_z{a=\"b\"} many\n", counters{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := readCounters(strings.NewReader(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// told is the text of a collector that accepted, sent and failed to send so much.
func told(accepted, sent, failed, enqueueFailed int) string {
	var b strings.Builder
	for _, what := range []string{"spans", "metric_points"} {
		fmt.Fprintf(&b, "otelcol_receiver_accepted_%s{receiver=\"otlp\"} %d\notelcol_exporter_sent_%s{exporter=\"x\"} %d\n", what, accepted, what, sent)
		fmt.Fprintf(&b, "otelcol_exporter_send_failed_%s{exporter=\"x\"} %d\n", what, failed)
		fmt.Fprintf(&b, "otelcol_exporter_enqueue_failed_%s{exporter=\"x\"} %d\n", what, enqueueFailed)
	}
	return b.String()
}

// A collector's counters are those of all runs. This run's part of them is known
// when nothing was lost of anybody, or when it was the only one; else the reason
// is told. What the collector still holds is waited for.
func TestCollectorHop(t *testing.T) {
	t.Parallel()
	const restarted = "the collector was restarted during the run, so its counters began again at 0"
	both := func(n int64) handed { return handed{spans: n, points: n} }
	hop := func(received, passed int64) *bench.Hop { return &bench.Hop{Received: received, Passed: passed} }
	losing := func(received, passed int64, dropped map[string]int64) *bench.Hop {
		return &bench.Hop{Received: received, Passed: passed, Dropped: dropped}
	}
	for _, tc := range []struct {
		name      string
		before    string
		after     []string // one reading after the other; the last one stays
		of        handed
		impatient bool
		spans     *bench.Hop
		points    *bench.Hop
		unknown   string
	}{
		{"all stored", told(100, 100, 0, 0), []string{told(150, 150, 0, 0)}, both(50), false, hop(50, 50), hop(50, 50), ""},
		{"nothing happened", told(100, 100, 0, 0), []string{told(100, 100, 0, 0)}, both(0), false, hop(0, 0), hop(0, 0), ""},
		{
			"stored a little later", told(0, 0, 0, 0),
			[]string{told(9, 0, 0, 0), told(9, 4, 0, 0), told(9, 9, 0, 0)},
			both(9), false,
			hop(9, 9), hop(9, 9), "",
		},
		{"began with this run", "otelcol_process_uptime 1\n", []string{told(5, 5, 0, 0)}, both(5), false, hop(5, 5), hop(5, 5), ""},
		{
			"others sent too, nothing was lost", told(100, 100, 0, 0),
			[]string{told(950, 950, 0, 0)},
			handed{spans: 50, points: 3},
			false,
			hop(50, 50), hop(3, 3), "",
		},
		{
			"lost before this run", told(100, 60, 30, 10), []string{told(150, 110, 30, 10)}, both(50), false, hop(50, 50), hop(50, 50), "",
		},
		{
			"lost, this run alone", told(100, 90, 10, 0),
			[]string{told(200, 160, 25, 15)},
			both(100), false,
			losing(100, 70, map[string]int64{"send_failed": 15, "enqueue_failed": 15}),
			losing(100, 70, map[string]int64{"send_failed": 15, "enqueue_failed": 15}), "",
		},
		{
			"lost, others sent too", told(100, 90, 10, 0),
			[]string{told(200, 160, 25, 15)},
			both(60), false, nil, nil,
			"30 spans of several runs were lost in the collector or wait there, and it doesn't count them by run",
		},
		{
			"lost, others sent points", told(0, 0, 0, 0),
			[]string{told(100, 98, 2, 0)},
			handed{spans: 100, points: 99},
			false,
			losing(100, 98, map[string]int64{"send_failed": 2}), nil,
			"2 metric points of several runs were lost in the collector or wait there, and it doesn't count them by run",
		},
		{
			"waits, this run alone", told(10, 10, 0, 0),
			[]string{told(50, 30, 0, 0)},
			both(40), true,
			losing(40, 20, map[string]int64{"still_queued": 20}), losing(40, 20, map[string]int64{"still_queued": 20}), "",
		},
		{
			"waits, others sent too", told(10, 10, 0, 0),
			[]string{told(50, 30, 0, 0)},
			both(39), true, nil, nil,
			"20 spans of several runs were lost in the collector or wait there, and it doesn't count them by run",
		},
		{
			"waited from before, passed on", told(100, 0, 0, 0),
			[]string{told(150, 60, 0, 0), told(150, 150, 0, 0)},
			both(50), false,
			hop(50, 50), hop(50, 50), "",
		},
		{
			"waited from before, and waits", told(100, 0, 0, 0),
			[]string{told(150, 60, 0, 0)},
			both(50), true, nil, nil,
			"90 spans of several runs were lost in the collector or wait there, and it doesn't count them by run",
		},
		{
			"waited from before, and was lost", told(100, 0, 0, 0),
			[]string{told(150, 50, 100, 0)},
			both(50), false, nil, nil,
			"100 spans of several runs were lost in the collector or wait there, and it doesn't count them by run",
		},
		{
			"another run began and lost meanwhile", told(0, 0, 0, 0),
			[]string{told(50, 40, 0, 0), told(90, 80, 10, 0)},
			both(50), false, nil, nil,
			"10 spans of several runs were lost in the collector or wait there, and it doesn't count them by run",
		},
		{
			"fewer than it confirmed", told(100, 100, 0, 0),
			[]string{told(140, 140, 0, 0)},
			both(50), false, nil, nil,
			"the collector's counters show 40 spans taken, fewer than the 50 that it confirmed",
		},
		{
			"fewer points than it confirmed", told(100, 100, 0, 0),
			[]string{told(140, 140, 0, 0)},
			handed{spans: 40, points: 41},
			false,
			hop(40, 40), nil, "the collector's counters show 40 metric points taken, fewer than the 41 that it confirmed",
		},
		{
			"two exporters lost the same", told(0, 0, 0, 0),
			[]string{told(50, 0, 60, 0)},
			both(50), false, nil, nil,
			"the collector's counters show 60 spans lost, more than the 50 that it took",
		},
		{"started anew", told(100, 100, 0, 0), []string{told(5, 5, 0, 0)}, both(5), false, nil, nil, restarted},
		{
			"started anew, and counted further", "otelcol_process_uptime 1000\n" + told(100, 100, 0, 0),
			[]string{"otelcol_process_uptime 1\n" + told(150, 150, 0, 0)},
			both(50), false, nil, nil, restarted,
		},
		{"silent for a moment", told(0, 0, 0, 0), []string{"", told(7, 7, 0, 0)}, both(7), false, hop(7, 7), hop(7, 7), ""},
		{"gone", told(100, 100, 0, 0), []string{""}, both(50), true, nil, nil, "the collector's counters: none"},
		{"gone, waited for", told(100, 100, 0, 0), []string{""}, both(50), false, nil, nil, "the collector's counters: none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, _ := tellingCollector(t, tc.before, tc.after, tc.of, !tc.impatient)
			for name, diff := range map[string]string{"spans": cmp.Diff(tc.spans, got.spans), "points": cmp.Diff(tc.points, got.points)} {
				if diff != "" {
					t.Errorf("%s: -want +got\n%s", name, diff)
				}
			}
			if unknown := cmp2.Or(got.noSpans, got.noPoints); unknown != tc.unknown {
				t.Errorf("unknown: %q, want %q", unknown, tc.unknown)
			}
			if (got.spans == nil) != (got.noSpans != "") || (got.points == nil) != (got.noPoints != "") {
				t.Errorf("%+v: each hop, or why it is unknown", got)
			}
			for _, h := range []*bench.Hop{got.spans, got.points} {
				if h != nil && !h.Balanced() {
					t.Errorf("%+v doesn't balance", *h)
				}
			}
		})
	}
}

// tellingCollector asks a collector that tells one text after the other what
// became of what it was handed, and how often it was asked.
func tellingCollector(t *testing.T, before string, after []string, of handed, patient bool) (c custody, asked int) {
	t.Helper()
	first, err := readCounters(strings.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	if up, ok := first[uptime]; ok {
		first[startTime] = seconds(time.Now()) - up
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(after[0])) // one request after the other
		after = after[min(1, len(after)-1):]
		asked++
	}))
	defer server.Close()
	c = newScraper(server.URL, time.Now).since(context.Background(), first, of, patient)
	server.Close() // no request is under way any more
	return c, asked
}

// Another run goes on while this one waits for its end: what comes after the
// first reading isn't waited for, but for what may have been passed on before.
func TestCollectorOfAnotherRun(t *testing.T) {
	t.Parallel()
	after := []string{told(100, 0, 0, 0), told(150, 40, 0, 0), told(200, 99, 0, 0), told(260, 110, 0, 0), told(90_000, 100+overtaking-1, 0, 0), told(90_000, 100+overtaking, 0, 0)}
	got, asked := tellingCollector(t, told(0, 0, 0, 0), after, handed{spans: 60, points: 60}, true)
	want := custody{spans: &bench.Hop{Received: 60, Passed: 60}, points: &bench.Hop{Received: 60, Passed: 60}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(custody{})); diff != "" || asked != 6 {
		t.Errorf("asked %d times, want 6; -want +got\n%s", asked, diff)
	}
}

// What counts the runs in the collector sends points that no run sent. Its name is
// that of the collector's configuration.
func TestCountsExporter(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile("../../../otel-collector/config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Trim(strings.TrimPrefix(countsExporter, "exporter="), `"`)
	if !strings.Contains(string(config), "\n  "+name+":\n") {
		t.Errorf("otel-collector/config.yaml has no exporter %s", name)
	}
}

// A collector that restarted may have counted further than before meanwhile.
func TestCollectorRestarted(t *testing.T) {
	t.Parallel()
	before := counters{uptime: 100, startTime: 1000}
	for _, tc := range []struct {
		name  string
		after counters
		want  bool
	}{
		{"ran on", counters{uptime: 150, startTime: 1000.2}, false},
		{"restarted", counters{uptime: 5, startTime: 1145}, true},
		{"doesn't tell", counters{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.after.restarted(before); got != tc.want {
				t.Errorf("restarted %v", got)
			}
		})
	}
}

func TestScrape(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		status int
		text   string
		read   bool
	}{
		{"a collector", http.StatusOK, collectorText, true},
		{"not found", http.StatusNotFound, collectorText, false},
		{"something else", http.StatusOK, "go_goroutines 7\n", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.text))
			}))
			defer server.Close()
			if got, err := newScraper(server.URL, time.Now).scrape(context.Background(), telemetrytest.Patience); (got != nil) != tc.read || (err == nil) != tc.read {
				t.Errorf("counters %v, error %v", got, err)
			}
		})
	}
	for _, nobody := range []string{"http://127.0.0.1:1/metrics", ":"} {
		if got, err := newScraper(nobody, time.Now).scrape(context.Background(), telemetrytest.Patience); got != nil || err == nil {
			t.Errorf("counters %v, error %v of %q", got, err, nobody)
		}
	}
}

func TestCountersURL(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		vars map[string]string
		want string
	}{
		{"default", nil, "http://localhost:8888/metrics"},
		{"endpoint with a scheme", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example:4317"}, "http://collector.example:8888/metrics"},
		{"endpoint of its own for traces", map[string]string{
			"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a:1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://b:2",
		}, "http://a:8888/metrics"},
		{"without a port", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example"}, "http://collector.example:8888/metrics"},
		{"IPv6", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1]:4317"}, "http://[::1]:8888/metrics"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := Options{Getenv: func(name string) string { return tc.vars[name] }}
			if got := o.countersURL(); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
			o.CollectorMetricsURL = "http://elsewhere/m"
			if got := o.countersURL(); got != o.CollectorMetricsURL {
				t.Errorf("%s, although %s was given", got, o.CollectorMetricsURL)
			}
		})
	}
}
