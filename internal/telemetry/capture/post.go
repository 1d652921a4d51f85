package capture

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// Sizes in bytes. A response must stay below Lambda's 6 MB; its other fields
// take a few hundred KB at most, and base64 adds a third to what is packed.
const (
	maxPacked = 25 << 17       // no more spans of statements are kept beyond it
	maxDetail = maxPacked >> 1 // no more spans below statements are kept beyond it
	// maxReserved is the limit for the spans of the slowest statements.
	maxReserved = maxPacked + maxPacked>>3
	// maxStreamed is the limit for all partial answers of an invocation together. Lambda streams
	// at least 20 MB, where it streams at all; base64 adds a third.
	maxStreamed = 12 << 20
)

// post collects an invocation's telemetry and packs it into the response, or passes it to the
// function's own export.
type post struct {
	packer   *telemetry.Compressor
	version  string
	resource *resourcepb.Resource
	direct   *flight // nil if the telemetry goes in the response
	reply    bench.TelemetryReply
	packed   int // bytes in reply.Chunks
	streamed int // bytes in the chunks of partial answers
	parts    [2]part
	raw      [2]*[]byte // the parts' buffers, on loan
	group    int64      // of the next spans
	size     int        // about how many bytes of JSON its spans have so far
	exported []bench.GroupSpans
}

// part is an unfinished chunk: the spans of statements, or the spans below them.
type part struct {
	telemetry.Encoder
	rows   int64              // acknowledged, of its statements
	groups []bench.GroupSpans // of the spans before those of the current group
	group  int64              // the current group
	begun  int64              // how many spans came before those
}

// settle adds the spans of the current group to groups, and makes next the current one.
func (p *part) settle(next int64) {
	if n := p.Spans - p.begun; n > 0 {
		p.groups = bench.CountGroup(p.groups, p.group, n)
	}
	p.group, p.begun = next, p.Spans
}

// open starts to collect. of are the attributes of the resource.
func (p *post) open(packer *telemetry.Compressor, version string, of []attribute.KeyValue) {
	p.packer, p.version, p.resource = packer, version, &resourcepb.Resource{Attributes: telemetry.KeyValues(of...)}
	for i := range p.parts {
		p.raw[i] = p.packer.Buffer()
		p.parts[i].Raw = *p.raw[i]
	}
}

// room reports whether the packed spans are below limit bytes.
func (p *post) room(limit int) bool {
	return p.direct != nil || p.packed < limit && p.streamed < maxStreamed
}

func (p *post) statement(s *telemetry.Span, rows int64) { p.add(&p.parts[0], false, s, rows) }
func (p *post) detail(s *telemetry.Span)                { p.add(&p.parts[1], true, s, 0) }

func (p *post) add(to *part, detail bool, s *telemetry.Span, rows int64) {
	p.reply.Spans++
	if to.group != p.group {
		to.settle(p.group)
	}
	before := len(to.Raw)
	to.Encoder.Add(s)
	p.size += jsonSize(len(to.Raw) - before)
	to.rows += rows
	if len(to.Raw) >= telemetry.ChunkBytes {
		p.pack(to, detail)
	}
}

// drop counts spans that are not kept.
func (p *post) drop(spans, rows int64) {
	p.reply.Spans += spans
	p.reply.DroppedRows += rows
	count(&p.reply.DroppedSpans, telemetry.ReasonResponseSize, spans)
}

// leave counts a statement that gets no span by rule.
func (p *post) leave(rows int64) {
	p.reply.NotKeptSpans++
	p.reply.NotKeptRows += rows
}

// pack closes a chunk.
func (p *post) pack(of *part, detail bool) {
	if of.Spans == 0 {
		return
	}
	of.settle(of.group)
	chunk := bench.SpanChunk{Spans: of.Spans, Rows: of.rows, Detail: detail, Groups: grouped(of.groups)}
	if p.direct != nil {
		for _, g := range of.groups {
			p.exported = bench.CountGroup(p.exported, g.Group, g.Spans)
		}
	}
	own := new([]byte)
	if p.direct == nil { // else the buffer is sent later, so it can't be reused
		own = p.packer.Buffer()
		defer p.packer.Give(own)
	}
	message, err := telemetry.Frame(*own, p.resource, p.version, of.Raw)
	*own = message
	of.Raw, of.Spans, of.rows, of.groups, of.begun = of.Raw[:0], 0, 0, nil, 0
	switch {
	case err != nil: // a message of our own that can't be encoded is counted as lost
		count(&p.reply.DroppedSpans, telemetry.ReasonUnreadable, chunk.Spans)
		p.reply.DroppedRows += chunk.Rows
	case p.direct != nil:
		p.direct.spans(message, chunk.Spans, chunk.Rows)
	default:
		chunk.Data = p.packer.Pack(message)
		p.packed += len(chunk.Data)
		p.reply.Chunks = append(p.reply.Chunks, chunk)
	}
}

// take packs what was collected so far, and collects anew. until is the Unix second before which
// no more points will come.
func (p *post) take(until int64, metrics []*metricpb.Metric, points int64) *bench.TelemetryReply {
	p.packParts()
	p.packMetrics(metrics, points)
	taken := p.reply
	taken.Until = until
	p.streamed += p.packed
	p.packed, p.reply = 0, bench.TelemetryReply{Mode: taken.Mode}
	return &taken
}

// grouped returns groups, or nil if all spans are in the invocation's own trace.
func grouped(groups []bench.GroupSpans) []bench.GroupSpans {
	if len(groups) == 1 && groups[0].Group == 0 {
		return nil
	}
	return groups
}

// close packs the unfinished chunks and the metrics. points is the number of points in metrics. It
// returns the telemetry for the response.
func (p *post) close(metrics []*metricpb.Metric, points int64) *bench.TelemetryReply {
	p.packParts()
	for i, b := range p.raw {
		*b = p.parts[i].Raw
		p.packer.Give(b)
	}
	p.packMetrics(metrics, points)
	return &p.reply
}

func (p *post) packParts() {
	p.pack(&p.parts[0], false)
	p.pack(&p.parts[1], true)
}

// packMetrics adds metrics, which have that many points, to the reply.
func (p *post) packMetrics(metrics []*metricpb.Metric, points int64) {
	p.reply.Points = points
	if points == 0 && p.direct == nil {
		return
	}
	message := &metricpb.ResourceMetrics{Resource: p.resource, ScopeMetrics: []*metricpb.ScopeMetrics{{Scope: telemetry.ScopeOf(p.version), Metrics: metrics}}}
	if p.direct != nil {
		p.reply.Groups = grouped(p.exported)
		p.direct.finish(message, &p.reply)
		return
	}
	data, err := proto.Marshal(message)
	if err != nil {
		count(&p.reply.DroppedPoints, telemetry.ReasonUnreadable, points)
		return
	}
	p.reply.Metrics = p.packer.Pack(data)
}

// Shrink makes a response smaller: it drops the detail chunks, or all chunks if there is no
// detail. The slowest statements no longer name dropped spans. It returns false if there was
// nothing to drop.
func Shrink(response *bench.Response) bool {
	r := response.Telemetry
	if r == nil || len(r.Chunks) == 0 {
		return false
	}
	detailed := slices.ContainsFunc(r.Chunks, func(c bench.SpanChunk) bool { return c.Detail })
	var kept []bench.SpanChunk
	for _, c := range r.Chunks {
		if detailed && !c.Detail {
			kept = append(kept, c)
			continue
		}
		count(&r.DroppedSpans, telemetry.ReasonResponseSize, c.Spans)
		r.DroppedRows += c.Rows
	}
	r.Chunks = kept
	for i := range response.Slowest {
		s := &response.Slowest[i]
		s.Detailed = false
		if kept == nil {
			s.TraceID, s.SpanID = "", ""
		}
	}
	return true
}
