package relay

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// exportingTo sends spans and points to address.
func exportingTo(t *testing.T, address string) *telemetry.Exporter {
	t.Helper()
	e, err := telemetry.NewExporter(context.Background(), telemetrytest.Reader("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address), telemetry.Patient())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) }) // nothing waits in it
	return e
}

func packing(t testing.TB) *telemetry.Compressor {
	t.Helper()
	c, err := telemetry.NewCompressor()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lambdaWith is an environment on AWS, as far as its variables say.
func lambdaWith(t testing.TB, more ...string) *capture.Lambda {
	t.Helper()
	l, err := capture.NewLambda(context.Background(), telemetrytest.LambdaVariables(more...), "env-0001", capture.Database{
		Host: "127.0.0.1", Port: 5432, Name: "postgres", Schema: "car_entities_schema", Table: "business_events", PoolName: "127.0.0.1/postgres",
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// driverTo is as Open makes it, for a collector at address whose counters are at
// countersURL. It needs no environment, so many may run at a time.
func driverTo(t *testing.T, address, countersURL string, mode bench.TelemetryMode) *Driver {
	t.Helper()
	ctx := context.Background()
	o := options(mode)
	o.Getenv, o.CollectorMetricsURL = telemetrytest.Reader("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address), countersURL
	before := newScraper(countersURL, time.Now).first(ctx, telemetrytest.Patience)
	d, err := newDriver(ctx, o, exportingTo(t, address), newScraper(o.countersURL(), o.Now))
	if err != nil {
		t.Fatal(err)
	}
	d.before = before
	return d
}

// lambdaTo is an environment that exports by itself to address, and gives up an export
// after timeout.
func lambdaTo(t *testing.T, address string, timeout time.Duration) *capture.Lambda {
	t.Helper()
	return lambdaWith(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address, "OTEL_EXPORTER_OTLP_TIMEOUT", strconv.FormatInt(timeout.Milliseconds(), 10))
}

// loss is what a collector counts of what it took, but for what it passed on.
type loss struct{ sendFailed, enqueueFailed, queued, ofOthers int }

// counting serves the counters of the collector b, which loses so much of the spans
// and of the points once the run has begun. It says so with the first reading, or
// after a restart that lies in between.
func counting(t *testing.T, b *telemetrytest.Backend, spans, points loss, restarted bool) string {
	t.Helper()
	readings := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		b.Mu.Lock()
		defer b.Mu.Unlock()
		readings++
		up, begun := 1000, readings > 1
		if restarted && begun {
			up = 1
		}
		_, _ = fmt.Fprintf(w, "otelcol_process_uptime %d\n", up)
		for what, n := range map[string]int{"spans": len(telemetrytest.SpansOf(b.Spans...)), "metric_points": int(held(b.Metrics))} {
			of := map[string]loss{"spans": spans, "metric_points": points}[what]
			if !begun {
				of = loss{}
			}
			n += 1000 + of.ofOthers
			_, _ = fmt.Fprintf(w, "otelcol_receiver_accepted_%s %d\notelcol_exporter_sent_%s %d\n", what, n, what, n-of.sendFailed-of.enqueueFailed-of.queued)
			_, _ = fmt.Fprintf(w, "otelcol_exporter_send_failed_%s %d\notelcol_exporter_enqueue_failed_%s %d\n", what, of.sendFailed, what, of.enqueueFailed)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func held(all []*metricpb.ResourceMetrics) (n int64) {
	for _, m := range all {
		n += pointsHeld(m)
	}
	return n
}

// answering stands for the Prometheus behind the collector b: less of the rows that
// came in points don't come to it.
func answering(t *testing.T, b *telemetrytest.Backend, less int64) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.Mu.Lock()
		defer b.Mu.Unlock()
		rows, any := rowsOnSpans(b.Spans), len(b.Spans) > 0
		if !strings.Contains(r.URL.Query().Get("query"), "collector_rows") {
			rows, any = rowsInPoints(b.Metrics)
			rows -= less
		}
		result := ""
		if any {
			result = fmt.Sprintf(`{"metric":{},"value":[1764000000,"%d"]}`, rows)
		}
		_, _ = fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, result)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// rowsOnSpans are those acknowledged on the statements' spans.
func rowsOnSpans(all []*tracepb.ResourceSpans) (rows int64) {
	for _, s := range telemetrytest.Named(telemetrytest.SpansOf(all...), telemetry.StatementName) {
		if a := telemetrytest.Attributes(s.Attributes); a["dsqlload.outcome"] == "acknowledged" {
			var n int64
			_, _ = fmt.Sscan(a["dsqlload.rows"], &n)
			rows += n
		}
	}
	return rows
}

// rowsInPoints are those acknowledged by the last point of each series.
func rowsInPoints(all []*metricpb.ResourceMetrics) (rows int64, any bool) {
	last, at := map[string]int64{}, map[string]uint64{}
	for _, m := range all {
		for _, scope := range m.ScopeMetrics {
			for _, metric := range scope.Metrics {
				for _, p := range metric.GetSum().GetDataPoints() {
					a := telemetrytest.Attributes(p.Attributes)
					key := telemetrytest.Attributes(m.Resource.Attributes)["service.instance.id"] + telemetrytest.Labels(a)
					if metric.Name == "dsqlload.rows" && a["dsqlload.outcome"] == "acknowledged" && p.TimeUnixNano >= at[key] {
						last[key], at[key] = p.GetAsInt(), p.TimeUnixNano
					}
				}
			}
		}
	}
	for _, n := range last {
		rows += n
	}
	return rows, len(last) > 0
}

// without is what is left of an export when a collector leaves some spans out.
func without(all []*tracepb.ResourceSpans, leave func(*tracepb.Span) bool) (rest []*tracepb.ResourceSpans) {
	for _, m := range all {
		m = proto.CloneOf(m)
		for _, scope := range m.ScopeSpans {
			scope.Spans = slices.DeleteFunc(scope.Spans, leave)
		}
		rest = append(rest, m)
	}
	return rest
}

// withStatements reports whether an export has statements' spans.
func withStatements(all []*tracepb.ResourceSpans) bool {
	return len(telemetrytest.Named(telemetrytest.SpansOf(all...), telemetry.StatementName)) > 0
}

// ofWorkers reports whether an export has points that the functions made.
func ofWorkers(all []*metricpb.ResourceMetrics) bool {
	return slices.ContainsFunc(all, func(m *metricpb.ResourceMetrics) bool {
		return telemetrytest.Attributes(m.Resource.Attributes)["service.name"] == telemetry.LambdaService
	})
}

// remade packs an answer's metrics anew after a change.
func remade(t *testing.T, r *bench.Result, change func(*metricpb.ResourceMetrics)) {
	t.Helper()
	m := telemetrytest.Read(t, r.Response.Telemetry).Metrics
	change(m)
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	r.Response.Telemetry.Points = pointsHeld(m)
	r.Response.Telemetry.Metrics = packing(t).Pack(data)
}

// metricNamed is a metric of a function.
func metricNamed(m *metricpb.ResourceMetrics, name string) *metricpb.Metric {
	all := m.ScopeMetrics[0].Metrics
	return all[slices.IndexFunc(all, func(m *metricpb.Metric) bool { return m.Name == name })]
}
