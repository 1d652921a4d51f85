package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
)

// Detail makes the spans below a statement's: of its attempts, their phases, and the waits between
// attempts. It reuses its memory from statement to statement.
type Detail struct {
	Trace  trace.TraceID
	NewID  func() trace.SpanID
	Add    func(*Span)            // it must not keep the span
	Phases map[bench.Phase][]byte // encoded attributes of phases; those of others are encoded each time

	span       Span
	attributes []attribute.KeyValue
	ids        []trace.SpanID
}

// Encode adds the spans below statement. s may have only the first of all attempts.
func (d *Detail) Encode(s *bench.Execution, all int, statement trace.SpanID) {
	for i := range s.Attempts {
		if i > 0 {
			if wait := s.Backoff(i); !wait.End.Before(wait.Start) {
				d.phase(wait, d.NewID(), statement)
			}
		}
		d.attempt(i, &s.Attempts[i], i+1 < all, statement)
	}
}

// attempt adds attempt i with its phases. Each attempt that was followed by another one failed.
func (d *Detail) attempt(i int, a *bench.Attempt, followed bool, statement trace.SpanID) {
	id := d.NewID()
	d.attributes = AppendError(append(d.attributes[:0], KeyAttempt.Int(i+1)), a.Failure.Kind, a.Failure.SQLSTATE)
	d.span = Span{
		ID: id, Parent: statement, Name: AttemptName, Failed: followed || a.Failure.Kind != "", Attributes: d.attributes,
	}
	d.add(bench.Timing{Start: a.Start, End: a.End})
	d.ids = d.ids[:0]
	for range a.Timings {
		d.ids = append(d.ids, d.NewID())
	}
	for n, t := range a.Timings {
		parent := id
		if above := enclosing(a.Timings, n); above >= 0 {
			parent = d.ids[above]
		}
		d.phase(t, d.ids[n], parent)
	}
}

// enclosing returns the index of the phase in which phase n happened; -1 for none. A phase may
// happen several times in an attempt. Phases are in the order in which they ended, so it is the
// next one of its name, or the last one if an attempt ended before the phase did.
func enclosing(all []bench.Timing, n int) int {
	name, found := all[n].Phase.Within(), -1
	for i := range all {
		if all[i].Phase != name {
			continue
		}
		if found = i; i > n {
			break
		}
	}
	return found
}

func (d *Detail) phase(t bench.Timing, id, parent trace.SpanID) {
	d.span = Span{ID: id, Parent: parent, Name: string(t.Phase), Failed: t.Failed, Fixed: d.Phases[t.Phase]}
	if d.span.Fixed == nil {
		d.attributes = append(d.attributes[:0], KeyPhase.String(string(t.Phase)))
		d.span.Attributes = d.attributes
	}
	d.add(t)
}

// add adds d.span with the times of t.
func (d *Detail) add(t bench.Timing) {
	d.span.Trace, d.span.Kind = d.Trace, tracepb.Span_SPAN_KIND_INTERNAL
	// The end is measured with the monotonic clock, like the metric.
	d.span.Start, d.span.End = t.Start, t.Start.Add(t.End.Sub(t.Start))
	d.Add(&d.span)
}

// AppendError appends the attributes of an error; each may be empty.
func AppendError(to []attribute.KeyValue, kind, sqlstate string) []attribute.KeyValue {
	if kind != "" {
		to = append(to, KeyErrorType.String(kind))
	}
	if sqlstate != "" {
		to = append(to, KeySQLSTATE.String(sqlstate))
	}
	return to
}
