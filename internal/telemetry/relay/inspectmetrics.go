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
		return walk(metric, func(field protowire.Number, data []byte) error {
			switch field {
			case metricName, metricDescription, metricUnit, metricMetadata:
				return nil
			}
			return walk(data, func(field protowire.Number, point []byte) error {
				if field != dataPoints {
					return nil
				}
				if points++; points > maxPoints {
					return errCount
				}
				return inspectPoint(point)
			})
		})
	})
	return points, err
}

// inspectPoint returns an error if a point is too large.
func inspectPoint(point []byte) error {
	if len(point) > maxPointBytes {
		return telemetry.ErrSize
	}
	all := 0
	return walk(point, func(protowire.Number, []byte) error {
		if all++; all > maxPointFields {
			return errForm
		}
		return nil
	})
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
