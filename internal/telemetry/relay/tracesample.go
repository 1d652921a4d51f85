package relay

import (
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/bench"
)

const (
	// tracesSampled is how many traces are chosen by chance to be opened afterwards.
	tracesSampled = 200
	// maxDamaged is how many damaged traces are remembered one by one.
	maxDamaged = 20_000
)

// Trace is one that the trace store should hold.
type Trace struct {
	ID    string // hexadecimal
	Spans int64  // that the collector took
}

// TraceSample are traces to be opened in the trace store after a run.
type TraceSample struct {
	Chosen  []Trace // by chance, each trace of the run as likely as any other
	Slowest []Trace // of the slowest statements; one may be among Chosen too
	// Excused traces would have been among them, but the ledger tells that spans of
	// theirs were lost before they came to the store.
	Excused int64
}

// traceBook notes of which traces the store is to be asked. It is guarded by the lock
// of the spanRelay that it belongs to.
type traceBook struct {
	chance  func(n int64) int64 // a random number below n
	ended   int64
	chosen  []trace.TraceID
	spans   map[trace.TraceID]int64 // of chosen, as they ended
	more    map[trace.TraceID]int64 // spans that the driver added later
	damaged map[trace.TraceID]bool  // some of their spans were lost
	flooded bool                    // too many are damaged to remember each
}

func newTraceBook(chance func(n int64) int64) *traceBook {
	return &traceBook{chance: chance, spans: map[trace.TraceID]int64{}, more: map[trace.TraceID]int64{}, damaged: map[trace.TraceID]bool{}}
}

// end notes a trace that is complete; each has the same chance to be chosen.
func (b *traceBook) end(id trace.TraceID, spans int64) {
	b.ended++
	if len(b.chosen) < tracesSampled {
		b.chosen = append(b.chosen, id)
	} else if i := b.chance(b.ended); i < tracesSampled {
		delete(b.spans, b.chosen[i])
		b.chosen[i] = id
	} else {
		return
	}
	b.spans[id] = spans
}

// grew notes that the driver added spans to a trace.
func (b *traceBook) grew(id trace.TraceID, spans int64) {
	b.more[id] += spans
}

// damage notes that spans of these traces were lost.
func (b *traceBook) damage(ids []trace.TraceID) {
	for _, id := range ids {
		b.damaged[id] = true
	}
	if len(b.damaged) > maxDamaged {
		b.flooded = true
		clear(b.damaged)
	}
}

// sample is what the book comes to. spans are those of the slowest statements'
// traces when they ended.
func (b *traceBook) sample(slow []bench.Statement, spans map[string]int64) TraceSample {
	var s TraceSample
	excused := map[trace.TraceID]bool{}
	add := func(to *[]Trace, id trace.TraceID, spans int64) {
		if b.flooded || b.damaged[id] {
			excused[id] = true
			return
		}
		*to = append(*to, Trace{id.String(), spans + b.more[id]})
	}
	for _, id := range b.chosen {
		add(&s.Chosen, id, b.spans[id])
	}
	seen := map[string]bool{"": true} // without a span of its own
	for i := range slow {
		name := slow[i].TraceID
		if id, err := trace.TraceIDFromHex(name); err == nil && !seen[name] {
			seen[name] = true
			add(&s.Slowest, id, spans[name])
		}
	}
	s.Excused = int64(len(excused))
	return s
}
