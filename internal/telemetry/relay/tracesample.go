package relay

import (
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/bench"
)

const (
	// tracesSampled is how many traces are chosen at random.
	tracesSampled = 200
	// maxDamaged is how many damaged traces are remembered.
	maxDamaged = 20_000
)

// Trace is a trace that the trace store should hold.
type Trace struct {
	ID    string // hexadecimal
	Spans int64  // how many the collector took
}

// TraceSample lists the traces to open in the trace store after a run.
type TraceSample struct {
	Chosen  []Trace // at random, each trace of the run with the same probability
	Slowest []Trace // of the slowest statements; a trace may be in Chosen too
	// Excused is the number of traces left out, because some of their spans were lost before
	// they reached the store.
	Excused int64
}

// traceBook chooses the traces to open in the store (reservoir sampling), and remembers the
// damaged ones. It is guarded by spanRelay.mu.
type traceBook struct {
	chance  func(n int64) int64 // a random number below n
	ended   int64
	chosen  []trace.TraceID
	spans   map[trace.TraceID]int64 // of the chosen traces when they ended
	more    map[trace.TraceID]int64 // how many spans the driver added later
	damaged map[trace.TraceID]bool  // some of their spans were lost
	flooded bool                    // more than maxDamaged are damaged; all count as damaged
}

func newTraceBook(chance func(n int64) int64) *traceBook {
	return &traceBook{chance: chance, spans: map[trace.TraceID]int64{}, more: map[trace.TraceID]int64{}, damaged: map[trace.TraceID]bool{}}
}

// end records a complete trace. Each trace has the same probability to be chosen.
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

// grew records that the driver added spans to a trace.
func (b *traceBook) grew(id trace.TraceID, spans int64) {
	b.more[id] += spans
}

// damage records that spans of these traces were lost.
func (b *traceBook) damage(ids []trace.TraceID) {
	for _, id := range ids {
		b.damaged[id] = true
	}
	if len(b.damaged) > maxDamaged {
		b.flooded = true
		clear(b.damaged)
	}
}

// sample returns the chosen traces and those of the slowest statements. spans is the number of
// spans of the slowest statements' traces when they ended.
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
	seen := map[string]bool{"": true} // a statement without a span
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
