package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// collectorText is what a collector 0.161.0 tells of itself, shortened.
const collectorText = `# HELP otelcol_exporter_queue_size Current size of the retry queue (in batches). [Alpha]
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{data_type="metrics",exporter="otlp_http/prometheus"} 0
otelcol_exporter_queue_size{data_type="traces",exporter="otlp_grpc/tempo"} 0
# HELP otelcol_exporter_sent_metric_points Number of metric points successfully sent to destination. [Alpha]
# TYPE otelcol_exporter_sent_metric_points counter
otelcol_exporter_sent_metric_points{exporter="otlp_http/prometheus",server_address="127.0.0.1",server_port="9090",url_path="/api/v1/otlp/v1/metrics"} 3942
# HELP otelcol_exporter_sent_spans Number of spans successfully sent to destination. [Alpha]
# TYPE otelcol_exporter_sent_spans counter
otelcol_exporter_sent_spans{exporter="otlp_grpc/tempo",server_address="127.0.0.1",server_port="14317"} 536181
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

// The collector's account is the difference of two readings; it is waited for,
// and unknown when the collector restarted.
func TestCollectorHop(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		before string
		after  []string // one reading after the other; the last one stays
		want   *bench.Hop
	}{
		{"all stored", told(100, 100, 0, 0), []string{told(150, 150, 0, 0)}, &bench.Hop{Received: 50, Passed: 50}},
		{"nothing happened", told(100, 100, 0, 0), []string{told(100, 100, 0, 0)}, &bench.Hop{}},
		{"stored a little later", told(0, 0, 0, 0), []string{told(9, 0, 0, 0), told(9, 4, 0, 0), told(9, 9, 0, 0)}, &bench.Hop{Received: 9, Passed: 9}},
		{
			"some lost", told(100, 90, 10, 0),
			[]string{told(200, 160, 25, 15)},
			&bench.Hop{Received: 100, Passed: 70, Dropped: map[string]int64{"send_failed": 15, "enqueue_failed": 15}},
		},
		{"began with this run", "otelcol_process_uptime 1\n", []string{told(5, 5, 0, 0)}, &bench.Hop{Received: 5, Passed: 5}},
		{"restarted", told(100, 100, 0, 0), []string{told(5, 5, 0, 0)}, nil},
		{"gone", told(100, 100, 0, 0), []string{""}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before, err := readCounters(strings.NewReader(tc.before))
			if err != nil {
				t.Fatal(err)
			}
			readings := tc.after
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(readings[0])) // one request after the other
				readings = readings[min(1, len(readings)-1):]
			}))
			defer server.Close()
			spans, points := before.since(context.Background(), server.URL, true)
			if diff := cmp.Diff(tc.want, spans); diff != "" {
				t.Errorf("spans: %s", diff)
			}
			if diff := cmp.Diff(tc.want, points); diff != "" {
				t.Errorf("points: %s", diff)
			}
		})
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

// What the collector still holds when the time is up is counted.
func TestCollectorStillQueued(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(told(50, 30, 0, 0)))
	}))
	defer server.Close()
	spans, _ := (&counters{"otelcol_receiver_accepted_spans": 10, "otelcol_exporter_sent_spans": 10}).since(context.Background(), server.URL, true)
	want := &bench.Hop{Received: 40, Passed: 20, Dropped: map[string]int64{"still_queued": 20}}
	if diff := cmp.Diff(want, spans); diff != "" || !spans.Balanced() {
		t.Error(diff)
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
			if got, err := scrape(context.Background(), server.URL, patience); (got != nil) != tc.read || (err == nil) != tc.read {
				t.Errorf("counters %v, error %v", got, err)
			}
		})
	}
	for _, nobody := range []string{"http://127.0.0.1:1/metrics", ":"} {
		if got, err := scrape(context.Background(), nobody, patience); got != nil || err == nil {
			t.Errorf("counters %v, error %v of %q", got, err, nobody)
		}
	}
}

func TestCollectorMetricsURL(t *testing.T) {
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
		{"said", map[string]string{"DSQLLOAD_COLLECTOR_METRICS_URL": "http://elsewhere/m"}, "http://elsewhere/m"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := CollectorMetricsURL(func(name string) string { return tc.vars[name] }); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}
