package relay

import (
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protowire"

	"dsql-load-test/internal/telemetry"
)

// The limits of an encoded message of metrics. A message at these limits takes some hundred MB
// when it is decoded; ours take a few.
const (
	maxPoints      = 1 << 17  // about 30 for each second of an invocation
	maxPointBytes  = 16 << 10 // attributes, buckets and exemplars
	maxPointFields = 256
)

// Field numbers of Metric, and of its data, which are the same for each kind.
const (
	metricName        protowire.Number = 1
	metricDescription protowire.Number = 2
	metricUnit        protowire.Number = 3
	metricMetadata    protowire.Number = 12
	dataPoints        protowire.Number = 1
)

// inspectMetrics counts the points of an encoded ResourceMetrics message of the run. It does so
// before the message is decoded, because decoding takes many times its size.
func inspectMetrics(message []byte, run string) (points int64, err error) {
	err = scopes(message, run, func(metric []byte) error {
		m := fields{rest: metric}
		for m.next() {
			switch m.field {
			case metricName, metricDescription, metricUnit, metricMetadata:
				continue
			}
			n, err := pointsOf(m.value)
			if points += n; err != nil {
				return err
			}
			if points > maxPoints {
				return errCount
			}
		}
		if m.bad {
			return errForm
		}
		return nil
	})
	return points, err
}

// pointsOf counts the points of the encoded data of a metric.
func pointsOf(data []byte) (n int64, err error) {
	f := fields{rest: data}
	for f.next() {
		if f.field != dataPoints {
			continue
		}
		if n++; len(f.value) > maxPointBytes {
			return n, telemetry.ErrSize
		}
		point, all := fields{rest: f.value}, 0
		for point.next() {
			all++
		}
		if point.bad || all > maxPointFields {
			return n, errForm
		}
	}
	if f.bad {
		return n, errForm
	}
	return n, nil
}

// pointsHeld returns the number of points of a decoded message.
func pointsHeld(m *metricpb.ResourceMetrics) (n int64) {
	for _, scope := range m.GetScopeMetrics() {
		for _, metric := range scope.GetMetrics() {
			n += int64(telemetry.LengthOfMetric(metric))
		}
	}
	return n
}
