package relay

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/bench"
)

// traceOf is the n-th of some trace ids.
func traceOf(n int) (id trace.TraceID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n+1))
	return id
}

// slowIn is a slow statement in the n-th trace.
func slowIn(n int) bench.Statement { return bench.Statement{TraceID: traceOf(n).String()} }

// Each trace is as likely to be chosen as any other, whenever it ended.
func TestTracesAreChosenByChance(t *testing.T) {
	t.Parallel()
	const traces, books = 1000, 400
	times := map[string]int{}
	for range books {
		b := newTraceBook(rand.Int64N)
		for n := range traces {
			b.end(traceOf(n), int64(n))
		}
		s := b.sample(nil, nil)
		for _, c := range s.Chosen {
			times[c.ID]++
		}
		if len(s.Chosen) != tracesSampled || len(b.spans) != tracesSampled || s.Excused != 0 {
			t.Fatalf("%d chosen, spans of %d remembered, %d excused", len(s.Chosen), len(b.spans), s.Excused)
		}
	}
	// Each is chosen 80 times of 400 in the mean, with a standard deviation of 8; of
	// the first half of them 40,000, with one of 126.
	early := 0
	for n := range traces / 2 {
		early += times[traceOf(n).String()]
	}
	if early < 40_000-7*126 || early > 40_000+7*126 {
		t.Errorf("of the first half %d were chosen, want about 40,000", early)
	}
	for n := range traces {
		if got := times[traceOf(n).String()]; got < 80-7*8 || got > 80+7*8 {
			t.Errorf("the trace that ended as number %d was chosen %d times of %d, want about 80", n, got, books)
		}
	}
}

// A sample has the spans that the collector took, those that were added later
// too, and leaves out traces that lost some.
func TestTraceSample(t *testing.T) {
	t.Parallel()
	chosen := func(n int, spans int64) Trace { return Trace{traceOf(n).String(), spans} }
	for _, tc := range []struct {
		name  string
		fill  func(*traceBook)
		slow  []bench.Statement
		spans map[string]int64
		want  TraceSample
	}{
		{"nothing", func(*traceBook) {}, nil, nil, TraceSample{}},
		{
			"fewer than are sampled", func(b *traceBook) { b.end(traceOf(1), 10); b.end(traceOf(2), 20) }, nil, nil,
			TraceSample{Chosen: []Trace{chosen(1, 10), chosen(2, 20)}},
		},
		{
			"added later, before and after it ended", func(b *traceBook) {
				b.grew(traceOf(1), 4)
				b.end(traceOf(1), 10)
				b.grew(traceOf(1), 3)
			},
			[]bench.Statement{slowIn(1)},
			map[string]int64{traceOf(1).String(): 10},
			TraceSample{Chosen: []Trace{chosen(1, 17)}, Slowest: []Trace{chosen(1, 17)}},
		},
		{
			"several slow statements of one trace, and one without", func(*traceBook) {},
			[]bench.Statement{slowIn(5), {}, slowIn(5), slowIn(6), {TraceID: "no id"}},
			map[string]int64{traceOf(5).String(): 50, traceOf(6).String(): 60},
			TraceSample{Slowest: []Trace{chosen(5, 50), chosen(6, 60)}},
		},
		{
			"damaged", func(b *traceBook) {
				b.damage([]trace.TraceID{traceOf(1), traceOf(6)})
				b.end(traceOf(1), 10)
				b.end(traceOf(2), 20)
				b.damage([]trace.TraceID{traceOf(1)})
			},
			[]bench.Statement{slowIn(5), slowIn(6)},
			map[string]int64{traceOf(5).String(): 50, traceOf(6).String(): 60},
			TraceSample{Chosen: []Trace{chosen(2, 20)}, Slowest: []Trace{chosen(5, 50)}, Excused: 2},
		},
		{
			"as many damaged as are remembered", func(b *traceBook) {
				for n := range maxDamaged {
					b.damage([]trace.TraceID{traceOf(100 + n)})
				}
				b.end(traceOf(1), 10)
				b.end(traceOf(100), 10)
			}, nil, nil, TraceSample{Chosen: []Trace{chosen(1, 10)}, Excused: 1},
		},
		{
			"too many damaged", func(b *traceBook) {
				for n := range maxDamaged + 1 {
					b.damage([]trace.TraceID{traceOf(100 + n)})
				}
				b.end(traceOf(1), 10)
			},
			[]bench.Statement{slowIn(5)},
			map[string]int64{traceOf(5).String(): 50},
			TraceSample{Excused: 2},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newTraceBook(rand.Int64N)
			tc.fill(b)
			if diff := cmp.Diff(tc.want, b.sample(tc.slow, tc.spans)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
