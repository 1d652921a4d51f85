package relay

import (
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/telemetry"
)

// doubt notes an export of which some spans were refused. Which ones isn't told:
// between none and rejected of its statements.
func (r *spanRelay) doubt(batch []parcel, rejected int64) {
	var rows, each int64
	for _, p := range batch {
		r.traces.damage(p.traces)
		rows += p.rows
		if each = max(each, p.each); p.each == 0 {
			each = max(each, p.rows)
		}
	}
	rows = telemetry.AtMost(rows, rejected, each)
	r.lostRows += rows
	r.resentRows += rows
}

// again queues parcels whose export failed. It needs the lock.
func (r *spanRelay) again(batch []parcel, alone, unsure bool) {
	for _, p := range batch {
		p.alone = p.alone || alone
		if unsure {
			r.resentRows += p.rows // each time: the collector may have counted them
		}
		r.put(p)
	}
}

// unpack reads a parcel of a response, and looks whether it holds what it says.
func (r *spanRelay) unpack(p parcel) ([]byte, error) {
	data, err := r.packer.UnpackChunk(p.data, p.size)
	if err != nil {
		return nil, err
	}
	var of trace.TraceID
	if p.run != "" {
		of = p.traces[0]
	}
	n, err := inspectSpans(data, p.run, of)
	if err == nil && n != p.spans {
		err = errCount
	}
	return data, err
}
