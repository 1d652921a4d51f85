package telemetry

import (
	"testing"

	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
)

// BenchmarkInspect is how the relay looks at a chunk before it sends it on.
func BenchmarkInspect(b *testing.B) {
	const spans = 1000
	var e encoder
	for range spans {
		e.add(&span{trace: testTrace, id: testID, parent: testFrom, name: statementName, start: testStart, end: testStart})
	}
	framed, err := frame(nil, &resourcepb.Resource{Attributes: keyValues(keyRunID.String(testRun))}, "devel", e.raw)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if n, err := inspectSpans(framed, testRun, testTrace); err != nil || n != spans {
			b.Fatal(n, err)
		}
	}
}
