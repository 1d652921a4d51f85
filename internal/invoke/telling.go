package invoke

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/telemetry/relay"
)

// telling is what an invocation tells of itself: partial answers, each in a line, and then its
// reply. Each partial answer is checked before it is believed. After one that can't be believed,
// the later ones are of no use, because each has only what is new; the reply still is.
type telling struct {
	asked    bench.Invocation
	decoder  *latency.Decoder
	observed *relay.Call
	news     func(soFar *bench.Response) // gets each partial answer that is believed; may be nil

	line    []byte // that isn't complete yet
	rest    []byte // the lines that are no partial answer: the reply
	partial int    // number of the last partial answer
	told    told   // by the partial answers
	fault   error  // why later ones aren't believed
	bytes   int64  // of the pieces that were streamed
}

func newTelling(f *fanout, inv *bench.Invocation, observed *relay.Call) *telling {
	t := &telling{asked: *inv, decoder: f.client.decoder, observed: observed}
	if f.news.Partial != nil {
		t.news = func(soFar *bench.Response) { f.news.Partial(inv.Index, soFar) }
	}
	return t
}

// add takes the next piece of the answer, and owns it from then on.
func (t *telling) add(piece []byte) error {
	for {
		line, rest, complete := bytes.Cut(piece, []byte{'\n'})
		if len(t.line)+len(line)+len(t.rest) > maxAnswer {
			return errTooLarge
		}
		if len(t.line) > 0 {
			line = append(t.line, line...)
		}
		if !complete {
			t.line = slices.Clip(line) // as usual the reply comes in one piece, and isn't copied
			return nil
		}
		t.end(line)
		t.line, piece = nil, rest
	}
}

// end takes a complete line.
func (t *telling) end(line []byte) {
	switch {
	case len(bytes.TrimSpace(line)) == 0:
	case !bytes.HasPrefix(line, []byte(bench.PartialPrefix)):
		t.rest = append(append(t.rest, line...), '\n')
	case t.fault != nil:
	case len(t.rest) > 0:
		t.fault = errors.New("it comes after the reply")
	default:
		t.fault = t.believe(line)
	}
}

// believe takes a partial answer, or returns why it can't be believed.
func (t *telling) believe(line []byte) error {
	if n := bytes.Count(line, []byte("{")); n > maxObjects {
		return fmt.Errorf("%d objects, at most %d", n, maxObjects)
	}
	var p bench.Partial
	switch err := decode(line, &p); {
	case err != nil:
		return inWords(err)
	case p.Number > 0 && p.Number <= t.partial:
		return nil // a repeated one
	case p.Number != t.partial+1:
		return fmt.Errorf("it is number %d, after number %d", p.Number, t.partial)
	}
	if err := check.Partial(p.SoFar, t.told.sums, t.asked, t.decoder); err != nil {
		return err
	}
	t.partial = p.Number
	t.told.add(p.SoFar)
	view := t.told.view()
	view.Telemetry = p.SoFar.Telemetry
	t.observed.Partial(view) // takes the telemetry out
	if t.news != nil {
		t.news(view)
	}
	return nil
}

// reply returns what is no partial answer.
func (t *telling) reply() []byte {
	if len(t.rest) == 0 {
		return t.line // as usual: the reply is one line, the last
	}
	return append(t.rest, t.line...)
}

// confirm refuses a reply that contradicts the partial answers.
func (t *telling) confirm(r *bench.Result) {
	if err := t.told.contradicts(r.Response); err != nil {
		r.Outcome, r.Response, r.ErrorKind, r.Error = bench.Unknown, nil, kindNotUnderstood, err.Error()
	}
}

// keep gives a result without a reply what the invocation told before: those rows are known, the
// others are unknown.
func (t *telling) keep(r *bench.Result) {
	if t.fault != nil {
		r.Distrusted = sum.Shortened(t.fault.Error())
	}
	if r.Response == nil && t.told.last != nil {
		r.Response = t.told.whole().Unanswered(int64(t.asked.RowsPerStatement()), r.ErrorKind, r.Error)
		r.Outcome, r.Partial = bench.Unknown, true
	}
}
