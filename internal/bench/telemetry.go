package bench

import "fmt"

// TelemetryMode says whether an invocation is observed, and how its telemetry
// travels.
type TelemetryMode string

// The modes.
const (
	TelemetryAuto  TelemetryMode = "auto"  // otlp where the function has an endpoint of its own, else relay
	TelemetryRelay TelemetryMode = "relay" // in the response; the driver sends it on
	TelemetryOTLP  TelemetryMode = "otlp"  // from the function to the collector
	TelemetryOff   TelemetryMode = "off"
)

// TraceDetail says which statements have spans below their own.
type TraceDetail string

// The levels of detail.
const (
	DetailAll     TraceDetail = "all"
	DetailAuto    TraceDetail = "auto"    // the slow, the failed, the retried and a sample
	DetailLogical TraceDetail = "logical" // none but the slowest of each scenario
)

// TelemetryRequest is what an Invocation says of its observation.
type TelemetryRequest struct {
	Mode TelemetryMode `json:"mode"`
	// TraceParent is the W3C trace context of the driver's span of the call.
	// Lambda passes no such header on.
	TraceParent string      `json:"traceparent,omitempty"`
	Detail      TraceDetail `json:"trace_detail,omitempty"`
	// SampleEvery is how many statements share one sample of detail; 0 is none.
	SampleEvery int `json:"sample_every,omitempty"`
	// SlowUs is the latency from which on a statement counts as slow.
	SlowUs int64 `json:"slow_us,omitempty"`
	// NoSpans and NoPoints: nobody takes them, so that none are to be made.
	NoSpans  bool `json:"no_spans,omitempty"`
	NoPoints bool `json:"no_points,omitempty"`
}

// TelemetryReply is an invocation's telemetry on its way back, or what became
// of it when the function exported it itself.
type TelemetryReply struct {
	Mode TelemetryMode `json:"mode"` // relay or otlp
	// Spans and Points count what was produced, dropped ones included.
	Spans  int64 `json:"spans"`
	Points int64 `json:"points"`
	// Chunks are the spans; each is zstd of one OTLP ResourceSpans message.
	Chunks []SpanChunk `json:"chunks,omitempty"`
	// Metrics is zstd of one OTLP ResourceMetrics message of delta points.
	Metrics []byte `json:"metrics,omitempty"`
	// DroppedSpans counts spans that are in no chunk, by reason; DroppedRows
	// are the acknowledged rows of the statements among them.
	DroppedSpans  map[string]int64 `json:"dropped_spans,omitempty"`
	DroppedPoints map[string]int64 `json:"dropped_points,omitempty"`
	DroppedRows   int64            `json:"dropped_rows,omitempty"`
	// Accepted is what the collector confirmed to the function itself.
	AcceptedSpans  int64 `json:"accepted_spans,omitempty"`
	AcceptedPoints int64 `json:"accepted_points,omitempty"`
}

// SpanChunk is a part of an invocation's spans.
type SpanChunk struct {
	Spans  int64  `json:"spans"`
	Rows   int64  `json:"rows,omitempty"`   // acknowledged rows of its statements
	Detail bool   `json:"detail,omitempty"` // spans below statements only
	Data   []byte `json:"data"`
}

// Sampling is how often statements of a scenario of n are kept in detail beside
// the remarkable ones: all of them up to 2,000, about as many of more.
func Sampling(n int64) int {
	const sample = 2000
	return int((n + sample - 1) / sample)
}

// Telemetry is what became of a run's telemetry.
type Telemetry struct {
	Mode     TelemetryMode `json:"mode"`     // auto, relay or otlp as asked; off also when no collector was found
	Endpoint string        `json:"endpoint"` // of the collector; empty when off
	Spans    Ledger        `json:"spans"`
	Points   Ledger        `json:"points"`
	// UnreportedInvocations ended without an answer, or answered without telemetry
	// although others had it: what they had observed is in no count.
	UnreportedInvocations int64 `json:"unreported_invocations"`
	// LatePoints were placed in a later second than they belong to.
	LatePoints int64 `json:"late_points"`
	// DroppedRows are acknowledged rows whose statements' spans were lost, or may have
	// been. The collector counts the rows acknowledged less these at least.
	DroppedRows int64 `json:"dropped_rows"`
	// ResentRows are acknowledged rows that the collector may have counted beyond that:
	// their statements' spans were in an export without an answer, once for each, or
	// in one of which it refused some spans without saying which. Such rows are in
	// DroppedRows too: between none and all of them are missing.
	ResentRows int64 `json:"resent_rows"`
	// OK: nothing was dropped, refused or left unreported.
	OK bool `json:"ok"`
	// Problem says what is wrong; empty when OK.
	Problem string `json:"problem"`
}

// Ledger is the account of spans, or of metric points, hop by hop.
type Ledger struct {
	Lambda Hop `json:"lambda"`
	Driver Hop `json:"driver"`
	// Collector is what it did with this run's; null when that is unknown.
	Collector *Hop `json:"collector"`
	// Unknown says why Collector is null; empty otherwise.
	Unknown string `json:"collector_unknown"`
	// Disabled names the variable by which none were made; empty otherwise.
	Disabled string `json:"disabled,omitempty"`
}

// Lacking says why less of it may have come to its store than was acknowledged; empty
// when all did.
func (l *Ledger) Lacking() string {
	switch n := l.Lost(); {
	case n > 0:
		return fmt.Sprintf("telemetry was lost (%d)", n)
	case l.Collector == nil:
		return "it is unknown what the collector did: " + l.Unknown
	}
	return ""
}

// LackingAtCollector is Lacking of what the driver and the functions handed over: what
// was lost before is told in rows.
func (l *Ledger) LackingAtCollector() string {
	switch {
	case l.Collector == nil:
		return "it is unknown what the collector did: " + l.Unknown
	case l.Collector.Gone() > 0:
		return fmt.Sprintf("telemetry was lost in the collector (%d)", l.Collector.Gone())
	}
	return ""
}

// Superseded is the reason for which a point is dropped that a later one of its
// series holds: it is no loss.
const Superseded = "superseded"

// Hop is one stage's account: Received + Produced = Passed + Refused + Dropped.
type Hop struct {
	Received int64 `json:"received"` // from the hop before
	Produced int64 `json:"produced"` // here
	Passed   int64 `json:"passed"`   // taken by the next hop, by its own word
	Refused  int64 `json:"refused"`  // refused for good by the next hop
	// Dropped counts what was given up here, by reason.
	Dropped map[string]int64 `json:"dropped"`
}

// Lost is what didn't reach the next hop.
func (h *Hop) Lost() int64 { return h.Refused + Total(h.Dropped) }

// Gone is what was lost for good: superseded points are not.
func (h *Hop) Gone() int64 { return h.Lost() - h.Dropped[Superseded] }

// Balanced reports whether Received + Produced = Passed + Refused + Dropped.
func (h *Hop) Balanced() bool { return h.Received+h.Produced == h.Passed+h.Lost() }

// Drop counts n given up for a reason.
func (h *Hop) Drop(reason string, n int64) {
	if n == 0 {
		return
	}
	if h.Dropped == nil {
		h.Dropped = map[string]int64{}
	}
	h.Dropped[reason] += n
}

// Lost is the number of items that were produced and are not stored, over all hops.
// Superseded points are stored: a later point of the same series includes them.
func (l *Ledger) Lost() int64 {
	n := l.Lambda.Gone() + l.Driver.Gone()
	if l.Collector != nil {
		n += l.Collector.Gone()
	}
	return n
}
