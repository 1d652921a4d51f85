package relay

import (
	"math"
	"slices"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

type exportOfPoints = func(n int, all []*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error)

// pointsAlways does this with all of the functions' points, or of the driver's own.
func pointsAlways(workers bool, do func(all []*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error)) exportOfPoints {
	return func(_ int, all []*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error) {
		if ofWorkers(all) == workers {
			return do(all)
		}
		return all, 0, nil
	}
}

// failingPoints fails, and takes the points or not.
func failingPoints(code codes.Code, takes bool) func([]*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error) {
	return func(all []*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error) {
		if !takes {
			all = nil
		}
		return all, 0, status.Error(code, "no")
	}
}

// rejectingPoints says that n points are refused, and takes all others but the rows.
func rejectingPoints(n int64) func([]*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error) {
	return func(all []*metricpb.ResourceMetrics) (rest []*metricpb.ResourceMetrics, rejected int64, err error) {
		for _, m := range all {
			m = proto.CloneOf(m)
			for _, scope := range m.ScopeMetrics {
				scope.Metrics = slices.DeleteFunc(scope.Metrics, func(m *metricpb.Metric) bool { return m.Name == "dsqlload.rows" })
			}
			rest = append(rest, m)
		}
		return rest, n, nil
	}
}

// atFirst fails once.
func atFirst(do exportOfPoints) exportOfPoints {
	var first once
	return func(n int, all []*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error) {
		if ofWorkers(all) && first.now(true) {
			return do(n, all)
		}
		return all, 0, nil
	}
}

// VanishingPoints are all ways in which points vanish, or are counted twice.
func VanishingPoints() []Vanish {
	const unreadable, refused = " points dropped at the lambda: unreadable", " points refused by what comes after the driver"
	metrics := func(change func(t *testing.T, r *bench.TelemetryReply)) func(*testing.T, *Driver, *bench.Result) {
		return func(t *testing.T, _ *Driver, r *bench.Result) { change(t, r.Response.Telemetry) }
	}
	counter := func(change func(m *metricpb.Metric)) func(*testing.T, *Driver, *bench.Result) {
		return func(t *testing.T, _ *Driver, r *bench.Result) {
			remade(t, r, func(m *metricpb.ResourceMetrics) {
				rows := metricNamed(m, "dsqlload.rows")
				inOnePoint(rows.GetSum())
				change(rows)
			})
		}
	}
	histogram := func(change func(p *metricpb.ExponentialHistogramDataPoint)) func(*testing.T, *Driver, *bench.Result) {
		return func(t *testing.T, _ *Driver, r *bench.Result) {
			remade(t, r, func(m *metricpb.ResourceMetrics) {
				change(metricNamed(m, "faas.invoke_duration").GetExponentialHistogram().DataPoints[0])
			})
		}
	}
	return []vanish{
		{name: "can't be read", told: unreadable, short: true, change: metrics(func(_ *testing.T, r *bench.TelemetryReply) { r.Metrics = []byte("no zstd") })},
		{name: "not there", told: unreadable, short: true, change: metrics(func(_ *testing.T, r *bench.TelemetryReply) { r.Metrics = nil })},
		{name: "not there, of none told", told: "1" + unreadable, short: true, change: metrics(func(_ *testing.T, r *bench.TelemetryReply) { r.Metrics, r.Points = []byte("no zstd"), 0 })},
		{name: "garbled", told: unreadable, short: true, change: metrics(func(t *testing.T, r *bench.TelemetryReply) { r.Metrics = packing(t).Pack([]byte{0x12, 0xff, 0xff}) })},
		{name: "fewer than told", told: unreadable, short: true, change: metrics(func(_ *testing.T, r *bench.TelemetryReply) { r.Points++ })},
		{name: "more than told", told: unreadable, short: true, change: metrics(func(_ *testing.T, r *bench.TelemetryReply) { r.Points-- })},
		{name: "zeros without end", told: unreadable, short: true, change: metrics(func(t *testing.T, r *bench.TelemetryReply) { r.Metrics = packing(t).Pack(make([]byte, 200<<20)) })},
		{name: "points without end", told: unreadable, short: true, change: metrics(func(t *testing.T, r *bench.TelemetryReply) {
			all := &metricpb.Sum{DataPoints: make([]*metricpb.NumberDataPoint, 4*maxPoints)}
			for i := range all.DataPoints {
				all.DataPoints[i] = &metricpb.NumberDataPoint{}
			}
			data, err := proto.Marshal(telemetrytest.ResourceMetrics(&metricpb.Metric{Name: "dsqlload.rows", Data: &metricpb.Metric_Sum{Sum: all}}))
			if err != nil {
				t.Error(err)
			}
			r.Metrics, r.Points = packing(t).Pack(data), 4*maxPoints
		})},
		{name: "of another run", told: unreadable, short: true, change: func(t *testing.T, _ *Driver, r *bench.Result) {
			remade(t, r, func(m *metricpb.ResourceMetrics) {
				m.Resource.Attributes = telemetry.KeyValues(telemetry.KeyRunID.String(telemetrytest.RunID + "X"))
			})
		}},
		{name: "of another metric", told: "1" + unreadable, short: true, change: counter(func(m *metricpb.Metric) { m.Name = "dsqlload.rows.of.others" })},
		{name: "of another kind", told: "1" + unreadable, short: true, change: counter(func(m *metricpb.Metric) {
			m.Data = &metricpb.Metric_Gauge{Gauge: &metricpb.Gauge{DataPoints: m.GetSum().DataPoints}}
		})},
		{name: "cumulative", told: "1" + unreadable, short: true, change: counter(func(m *metricpb.Metric) {
			m.GetSum().AggregationTemporality = metricpb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
		})},
		{name: "a million series", told: unreadable, change: counter(func(m *metricpb.Metric) {
			one := m.GetSum().DataPoints[0]
			for i := range 3 * telemetry.MaxSeries {
				p := proto.CloneOf(one)
				p.Attributes = append(p.Attributes, &commonpb.KeyValue{Key: "i", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: int64(i)}}})
				p.Value = &metricpb.NumberDataPoint_AsInt{}
				m.GetSum().DataPoints = append(m.GetSum().DataPoints, p)
			}
		})},
		{name: "fewer than none", told: "1" + unreadable, short: true, change: counter(func(m *metricpb.Metric) {
			m.GetSum().DataPoints[0].Value = &metricpb.NumberDataPoint_AsInt{AsInt: -6}
		})},
		{name: "no number", told: "1" + unreadable, change: histogram(func(p *metricpb.ExponentialHistogramDataPoint) { p.Sum = new(math.NaN()) })},
		{name: "endless", told: "1" + unreadable, change: histogram(func(p *metricpb.ExponentialHistogramDataPoint) { p.Max = new(math.Inf(1)) })},
		{name: "of years ahead", told: "1" + unreadable, change: histogram(func(p *metricpb.ExponentialHistogramDataPoint) { p.StartTimeUnixNano += 1e18 })},
		{name: "late", change: counter(func(m *metricpb.Metric) { m.GetSum().DataPoints[0].StartTimeUnixNano = 1e18 })},
		{name: "refused for good", told: refused, points: pointsAlways(true, failingPoints(codes.InvalidArgument, false))},
		{name: "refused in part", told: "1" + refused, points: atFirst(pointsAlways(true, rejectingPoints(1)))},
		{name: "more refused than sent", told: refused, points: pointsAlways(true, rejectingPoints(1<<40))},
		{name: "fewer than none refused, and taken", told: refused, points: pointsAlways(true, func(all []*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error) {
			return all, -1, nil
		})},
		{name: "no answer, and taken", points: atFirst(pointsAlways(true, failingPoints(codes.Unavailable, true)))},
		{name: "no answer, and not taken", points: atFirst(pointsAlways(true, failingPoints(codes.Unavailable, false)))},
		{name: "never an answer, and taken", told: " points dropped at the driver: unconfirmed", points: pointsAlways(true, failingPoints(codes.Unavailable, true))},
		{name: "never an answer, and not taken", told: " points dropped at the driver: unconfirmed", points: pointsAlways(true, failingPoints(codes.Unavailable, false))},
		{name: "the driver's own, refused", told: refused, points: pointsAlways(false, failingPoints(codes.InvalidArgument, false))},
		{name: "the driver's own, never an answer", told: " points dropped at the driver: unconfirmed", points: pointsAlways(false, failingPoints(codes.Unavailable, false))},
		{name: "Prometheus refuses them", told: "4 points dropped at the collector: send_failed", lostPoints: loss{sendFailed: 4}, less: 6, short: true},
		{name: "the collector's queue is full", told: "4 points dropped at the collector: enqueue_failed", lostPoints: loss{enqueueFailed: 4}, less: 6, short: true},
		{name: "the collector still holds them", told: "4 points dropped at the collector: still_queued", lostPoints: loss{queued: 4}, less: 6, short: true},
		{name: "the collector can't send, of two runs", unknown: true, lostPoints: loss{sendFailed: 4, ofOthers: 9}},
		{name: "the collector can't send, of two runs, and this one's are missing", unknown: true, lostPoints: loss{sendFailed: 4, ofOthers: 9}, less: 6, short: true},
		{name: "the collector began anew", unknown: true, restarted: true, less: 6, short: true},
	}
}

// VanishingExportedPoints are those of a function that exports by itself.
func VanishingExportedPoints() []Vanish {
	const failed, refused = " points dropped at the lambda: export_failed", " points dropped at the lambda: rejected"
	var second once
	return []vanish{
		{name: "refused for good", told: failed, points: pointsAlways(true, failingPoints(codes.InvalidArgument, false))},
		{name: "no answer, and taken; then it isn't tried for a while", told: failed, dropped: 6, resent: 6, short: true, points: atFirst(pointsAlways(true, failingPoints(codes.Unavailable, true)))},
		{name: "the last refused in part", told: "1" + refused, short: true, points: pointsAlways(true, func(all []*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error) {
			if second.now(true) {
				return all, 0, nil // of the first invocation
			}
			return rejectingPoints(1)(all)
		})},
		{name: "more refused than sent", told: refused, points: pointsAlways(true, rejectingPoints(1<<40))},
		{name: "fewer than none refused, and taken", told: refused, points: pointsAlways(true, func(all []*metricpb.ResourceMetrics) ([]*metricpb.ResourceMetrics, int64, error) {
			return all, -1, nil
		})},
		{name: "not all are told of", told: " points dropped at the lambda: unreadable", change: func(_ *testing.T, _ *Driver, r *bench.Result) {
			r.Response.Telemetry.AcceptedPoints--
		}},
	}
}

// soon is a scenario's time; nothing waits for it.
const soon = time.Second

// inOnePoint makes one point of those of several seconds, which a slow machine has.
func inOnePoint(s *metricpb.Sum) {
	var total int64
	for _, p := range s.DataPoints {
		total += p.GetAsInt()
	}
	s.DataPoints = s.DataPoints[:1]
	s.DataPoints[0].Value = &metricpb.NumberDataPoint_AsInt{AsInt: total}
}
