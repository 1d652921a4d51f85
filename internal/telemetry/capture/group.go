package capture

import (
	"time"

	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/telemetry"
)

// group is some statements in a row whose spans are in one trace. Group 0 is in the invocation's
// trace, below the handler. Each further one has a trace of its own, so that every trace stays
// small, however many statements the invocation has.
type group struct {
	number      int64
	id          trace.TraceID
	name        string       // id in hexadecimal
	parent      trace.SpanID // of the statements: the group's root, or the handler
	statements  int          // so far
	first, last int          // numbers of statements
	start, end  time.Time
}

// Sizes in bytes of JSON, as Jaeger's /api/traces gives it, which is the longer of its forms.
const (
	// maxTrace is what a group may have. A trace stays below 200 KB also with the handler, the
	// driver's own span, and those that the driver adds below some of the slowest statements.
	maxTrace = 175_000
	// What the next spans are expected to have.
	jsonStatement, jsonBelow = 1800, 650
)

// jsonSize returns about how much a span has that has encoded bytes in OTLP. It was measured:
// 1,610 of a statement's span, 555 of one below it.
func jsonSize(encoded int) int { return 410 + encoded*31/20 }

// open makes g the group of the next spans.
func (o *Invocation) open(g group) {
	g.name = g.id.String()
	o.group, o.detail.Trace = g, g.id
	o.post.group, o.post.size = g.number, 0
}

// join makes the statement part of the group, or of the next one if the group is full. below is
// how many spans the statement has below its own.
func (o *Invocation) join(s *measured, below int64) {
	if !s.detailed {
		below = 0
	}
	if o.full(below) {
		o.leave()
		next := o.group.number + 1
		o.open(group{number: next, id: telemetry.GroupTrace(o.parent.TraceID(), next), parent: o.newID()})
	}
	g := &o.group
	if g.statements == 0 {
		g.first, g.start, g.end = s.Number, s.Start(), s.end
	}
	g.statements++
	g.last = s.Number
	if s.end.After(g.end) {
		g.end = s.end
	}
}

// full reports whether the group has no place for another statement with that many spans below.
func (o *Invocation) full(below int64) bool {
	most := o.request.StatementsPerTrace
	if most <= 0 || o.group.statements == 0 {
		return false
	}
	return o.group.statements >= most || o.post.size+jsonStatement+jsonBelow*int(below) > maxTrace
}

// leave ends the group: it adds its root, unless that is the handler.
func (o *Invocation) leave() {
	g := &o.group
	if g.number == 0 {
		return
	}
	o.attributes = append(o.attributes[:0], telemetry.KeyScenario.String(o.instruments.scenario), telemetry.KeyIndex.Int(o.asked.Index),
		telemetry.KeyFirst.Int(g.first), telemetry.KeyLast.Int(g.last))
	o.span = telemetry.Span{
		Trace: g.id, ID: g.parent, Name: telemetry.GroupName, Kind: tracepb.Span_SPAN_KIND_INTERNAL, Start: g.start, End: g.end,
		Attributes: o.attributes, Link: o.parent.WithSpanID(o.handler),
	}
	o.post.statement(&o.span, 0)
}
