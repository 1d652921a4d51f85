package bench

import (
	"cmp"
	"fmt"
	"slices"
)

// TelemetryMode says whether an invocation makes telemetry, and how it is sent.
type TelemetryMode string

// The modes.
const (
	TelemetryAuto  TelemetryMode = "auto"  // otlp if the function has an endpoint, else relay
	TelemetryRelay TelemetryMode = "relay" // in the response, and from the driver to the collector
	TelemetryOTLP  TelemetryMode = "otlp"  // from the function to the collector
	TelemetryOff   TelemetryMode = "off"
)

// TraceDetail says for which statements the spans have children: attempts and phases.
type TraceDetail string

// The levels of detail.
const (
	DetailAll     TraceDetail = "all"
	DetailAuto    TraceDetail = "auto"    // slow, failed and retried statements, and a sample
	DetailLogical TraceDetail = "logical" // only the slowest of each scenario
)

// TelemetryRequest says in an Invocation which telemetry the function makes.
type TelemetryRequest struct {
	Mode TelemetryMode `json:"mode"`
	// TraceParent is the W3C trace context of the driver's span for the call. It is in the
	// event because Lambda doesn't pass such a header on.
	TraceParent string      `json:"traceparent,omitempty"`
	Detail      TraceDetail `json:"trace_detail,omitempty"`
	// SampleEvery: one of so many statements is sampled for detail; 0 means none.
	SampleEvery int `json:"sample_every,omitempty"`
	// SlowUs is the latency in microseconds from which a statement counts as slow. With SlowAuto
	// it holds only until the invocation knows its own median.
	SlowUs int64 `json:"slow_us,omitempty"`
	// StatementsPerTrace: the spans of each further so many statements are a group with a trace of
	// its own; 0 means that all are in the invocation's trace.
	StatementsPerTrace int `json:"statements_per_trace,omitempty"`
	// SlowAuto: statements are slow from SlowFactor x the invocation's running median on.
	SlowAuto bool `json:"slow_auto,omitempty"`
	// SpanEvery: of the statements that aren't notable, one of so many has a span; 0 and 1 mean
	// all. Notable are slow, retried and failed statements, the sampled ones, and those among
	// the slowest of the invocation so far that took at least NotableUs microseconds.
	SpanEvery int   `json:"span_every,omitempty"`
	NotableUs int64 `json:"notable_us,omitempty"`
	// NoSpans and NoPoints: the function makes none, because they have no destination.
	NoSpans  bool `json:"no_spans,omitempty"`
	NoPoints bool `json:"no_points,omitempty"`
}

// TelemetryReply is the telemetry of an invocation in its response, or the result of the
// export if the function exported it itself.
type TelemetryReply struct {
	Mode TelemetryMode `json:"mode"` // relay or otlp
	// Spans and Points count everything that was produced, with dropped items but without
	// NotKeptSpans.
	Spans  int64 `json:"spans"`
	Points int64 `json:"points"`
	// Chunks are the spans; each is one OTLP ResourceSpans message, compressed with zstd.
	Chunks []SpanChunk `json:"chunks,omitempty"`
	// Metrics is one OTLP ResourceMetrics message of delta points, compressed with zstd.
	Metrics []byte `json:"metrics,omitempty"`
	// DroppedSpans counts spans that are in no chunk, by reason. DroppedRows is the number of
	// acknowledged rows of the statements among them.
	DroppedSpans  map[string]int64 `json:"dropped_spans,omitempty"`
	DroppedPoints map[string]int64 `json:"dropped_points,omitempty"`
	DroppedRows   int64            `json:"dropped_rows,omitempty"`
	// NotKeptSpans is the number of statements without a span because of
	// TelemetryRequest.SpanEvery, and NotKeptRows the number of their acknowledged rows.
	NotKeptSpans int64 `json:"not_kept_spans,omitempty"`
	NotKeptRows  int64 `json:"not_kept_rows,omitempty"`
	// AcceptedSpans and AcceptedPoints were confirmed to the function by the collector.
	AcceptedSpans  int64 `json:"accepted_spans,omitempty"`
	AcceptedPoints int64 `json:"accepted_points,omitempty"`
	// Until, in a Partial: no later point is of a second before this one, in seconds since 1970.
	Until int64 `json:"until,omitempty"`
	// Groups says in which traces the spans are that the function exported itself, with dropped
	// ones. It is empty if all are in the invocation's trace.
	Groups []GroupSpans `json:"groups,omitempty"`
}

// SpanChunk is a part of the spans of an invocation.
type SpanChunk struct {
	Spans  int64  `json:"spans"`
	Rows   int64  `json:"rows,omitempty"`   // acknowledged rows of its statements
	Detail bool   `json:"detail,omitempty"` // spans below statements only
	Data   []byte `json:"data"`
	// Groups says in which traces they are, in the order of the groups. It is empty if all are in
	// the invocation's trace.
	Groups []GroupSpans `json:"groups,omitempty"`
}

// GroupSpans is the number of spans in the trace of a group of an invocation's statements. Group
// 0 is the invocation's trace.
type GroupSpans struct {
	Group int64 `json:"group"`
	Spans int64 `json:"spans"`
}

// CountGroup adds n spans of a group to all, which are in the order of the groups.
func CountGroup(all []GroupSpans, group, n int64) []GroupSpans {
	if last := len(all) - 1; last >= 0 && all[last].Group == group { // usually
		all[last].Spans += n
		return all
	}
	i, found := slices.BinarySearchFunc(all, group, func(g GroupSpans, group int64) int { return cmp.Compare(g.Group, group) })
	if found {
		all[i].Spans += n
		return all
	}
	return slices.Insert(all, i, GroupSpans{Group: group, Spans: n})
}

// StatementsPerTrace is what the driver asks for: so many statements' spans are still quickly
// opened and read.
const StatementsPerTrace = 100

// Sampling returns SampleEvery for a scenario of n statements: 1 up to 2,000 statements, and
// a value that samples about 2,000 of them if there are more.
func Sampling(n int64) int {
	const sample = 2000
	return int((n + sample - 1) / sample)
}

// SpanSampling returns SpanEvery for a scenario of n statements: 1 up to 20,000 statements, so
// all of them have a span, and a value that samples about 20,000 of them if there are more. Only
// DetailAuto leaves spans out.
func SpanSampling(d TraceDetail, n int64) int {
	const all = 20_000
	if d != DetailAuto {
		return 1
	}
	return max(1, int((n+all-1)/all))
}

// Telemetry says whether the telemetry of a run arrived.
type Telemetry struct {
	Mode     TelemetryMode `json:"mode"`     // as requested; off also if no collector was found
	Endpoint string        `json:"endpoint"` // of the collector; empty if off
	Spans    Ledger        `json:"spans"`
	Points   Ledger        `json:"points"`
	// UnreportedInvocations counts invocations that ended without an answer, or answered
	// without telemetry although others had it. No count includes their telemetry.
	UnreportedInvocations int64 `json:"unreported_invocations"`
	// LatePoints counts points that were stored for a later second than their own.
	LatePoints int64 `json:"late_points"`
	// DroppedRows counts acknowledged rows of statements whose spans were lost or may have
	// been lost. The collector counts at least all acknowledged rows minus these.
	DroppedRows int64 `json:"dropped_rows"`
	// ResentRows counts acknowledged rows that the collector may have counted beyond that.
	// The spans of their statements were in an export without an answer (a row counts once for
	// each such export), or in an export of which the collector refused some spans without
	// saying which. These rows are in DroppedRows too: any number of them may be missing.
	ResentRows int64 `json:"resent_rows"`
	// NotKeptRows counts acknowledged rows of statements that have no span by the rule of
	// TelemetryRequest.SpanEvery. The collector doesn't count them, and they are no loss.
	NotKeptRows int64 `json:"not_kept_rows,omitempty"`
	// OK: nothing was dropped, refused or unreported.
	OK bool `json:"ok"`
	// Problem says what is wrong; empty if OK.
	Problem string `json:"problem"`
}

// Ledger is the account of spans, or of metric points, at each hop.
type Ledger struct {
	Lambda Hop `json:"lambda"`
	Driver Hop `json:"driver"`
	// Collector is the collector's account for this run; null if unknown.
	Collector *Hop `json:"collector"`
	// Unknown says why Collector is null; empty otherwise.
	Unknown string `json:"collector_unknown"`
	// Disabled names the variable that disabled them; empty if none did.
	Disabled string `json:"disabled,omitempty"`
	// NotKept counts spans that were never made, by the rule of TelemetryRequest.SpanEvery. No
	// hop includes them, and they are no loss.
	NotKept int64 `json:"not_kept,omitempty"`
}

// Lacking says why the store may hold less than was produced; empty if it holds everything.
func (l *Ledger) Lacking() string {
	switch n := l.Lost(); {
	case n > 0:
		return fmt.Sprintf("telemetry was lost (%d)", n)
	case l.Collector == nil:
		return "it is unknown what the collector did: " + l.Unknown
	}
	return ""
}

// LackingAtCollector is Lacking for losses in the collector only. Telemetry.DroppedRows covers
// the losses before the collector.
func (l *Ledger) LackingAtCollector() string {
	switch {
	case l.Collector == nil:
		return "it is unknown what the collector did: " + l.Unknown
	case l.Collector.Gone() > 0:
		return fmt.Sprintf("telemetry was lost in the collector (%d)", l.Collector.Gone())
	}
	return ""
}

// Superseded is the reason for dropping a point whose value a later point of its series
// includes. It is no loss.
const Superseded = "superseded"

// Hop is the account of one stage: Received + Produced = Passed + Refused + Dropped.
type Hop struct {
	Received int64 `json:"received"` // from the hop before
	Produced int64 `json:"produced"` // by this hop
	Passed   int64 `json:"passed"`   // the next hop confirmed it
	Refused  int64 `json:"refused"`  // the next hop refused it for good
	// Dropped counts items that this hop dropped, by reason.
	Dropped map[string]int64 `json:"dropped"`
}

// Lost returns the number of items that didn't reach the next hop.
func (h *Hop) Lost() int64 { return h.Refused + Total(h.Dropped) }

// Gone returns the number of items that were lost for good, without superseded points.
func (h *Hop) Gone() int64 { return h.Lost() - h.Dropped[Superseded] }

// Balanced reports whether Received + Produced = Passed + Refused + Dropped.
func (h *Hop) Balanced() bool { return h.Received+h.Produced == h.Passed+h.Lost() }

// Drop counts n items that were dropped for a reason.
func (h *Hop) Drop(reason string, n int64) {
	if n == 0 {
		return
	}
	if h.Dropped == nil {
		h.Dropped = map[string]int64{}
	}
	h.Dropped[reason] += n
}

// Superseded returns the number of points that were dropped at all hops because a later one
// includes their value.
func (l *Ledger) Superseded() int64 {
	n := l.Lambda.Dropped[Superseded] + l.Driver.Dropped[Superseded]
	if l.Collector != nil {
		n += l.Collector.Dropped[Superseded]
	}
	return n
}

// Lost returns the number of items that were lost for good at all hops.
func (l *Ledger) Lost() int64 {
	n := l.Lambda.Gone() + l.Driver.Gone()
	if l.Collector != nil {
		n += l.Collector.Gone()
	}
	return n
}
