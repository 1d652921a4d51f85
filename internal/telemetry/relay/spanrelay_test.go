package relay

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// closing is how long a relay may take to end when nobody takes its spans. That
// is drainDeadline, and the rest is for a busy machine.
const closing = 30 * time.Second

// relaying is a relay under test.
type relaying struct{ *spanRelay }

func newRelay(t *testing.T, address string) relaying {
	t.Helper()
	return relaying{startSpanRelay(exportingTo(t, address), packing(t), nil, newTraceBook(rand.Int64N), time.Now)}
}

// feedOne hands a parcel over as one of the driver's own, or of a response.
func (r relaying) feedOne(p parcel, own bool) {
	if !own {
		r.add(p)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queueOwn(p)
}

// parcelOf is a message with n spans, packed as in a response or not.
func parcelOf(t *testing.T, n int, packed bool) parcel {
	t.Helper()
	var e telemetry.Encoder
	for range n {
		e.Add(&telemetry.Span{Trace: telemetrytest.TraceID, ID: telemetry.NewSpanID(), Name: "query", Start: telemetrytest.Start, End: telemetrytest.Start})
	}
	framed, err := telemetry.Frame(nil, nil, "devel", e.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if packed {
		framed = packing(t).Pack(framed)
	}
	return parcel{data: framed, packed: packed, spans: int64(n)}
}

// waiting is how many spans the collector hasn't confirmed yet, and what the last
// export failed with.
func (r relaying) waiting() (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.queued, r.failing
}

// end drains r, within closing, and wants its account to balance.
func (r relaying) end(t *testing.T) bench.Hop {
	t.Helper()
	start := time.Now()
	r.drain(context.Background())
	if took := time.Since(start); took > closing {
		t.Errorf("the drain took %v", took)
	}
	if !r.driver.Balanced() {
		t.Errorf("the account doesn't balance: %+v", r.driver)
	}
	if queued, _ := r.waiting(); queued != 0 || r.sending != 0 {
		t.Errorf("%d spans wait, %d parcels are being sent, after the end", queued, r.sending)
	}
	return r.driver
}

// failing answers the error to the first n exports.
func failing(n int, code codes.Code) telemetrytest.Reaction {
	return func(_ context.Context, export int, _ int64) (int64, error) {
		if export <= n {
			return 0, status.Error(code, "not now")
		}
		return 0, nil
	}
}

// parcels of 5 + 7 + 9 + 11 spans: received packed, and made here.
const parcels, receivedSpans, producedSpans = 4, 5 + 9, 7 + 11

func (r relaying) feed(t *testing.T) {
	for i := range parcels {
		r.feedOne(parcelOf(t, 5+2*i, i%2 == 0), i%2 == 1)
	}
}

func TestRelay(t *testing.T) {
	t.Parallel()
	const all = receivedSpans + producedSpans
	for _, tc := range []struct {
		name  string
		react telemetrytest.Reaction
		want  bench.Hop
		taken int // spans that the backend has
	}{
		{"accepts", telemetrytest.TakeAll, bench.Hop{Passed: all}, all},
		{"unavailable at first", failing(3, codes.Unavailable), bench.Hop{Passed: all}, all},
		{"exhausted at first", failing(2, codes.ResourceExhausted), bench.Hop{Passed: all}, all},
		{"refuses for good", failing(1000, codes.InvalidArgument), bench.Hop{Refused: all}, 0},
		{"knows no such service", failing(1000, codes.Unimplemented), bench.Hop{Refused: all}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := telemetrytest.NewBackend(t, tc.react)
			r := newRelay(t, b.Address)
			r.feed(t)
			tc.want.Received, tc.want.Produced = receivedSpans, producedSpans
			if diff := cmp.Diff(tc.want, r.end(t)); diff != "" {
				t.Error(diff)
			}
			if n := len(b.Received()); n != tc.taken {
				t.Errorf("the backend has %d spans, want %d", n, tc.taken)
			}
		})
	}
}

// What the collector rejects of an export is refused, the rest has passed.
func TestRelayPartialSuccess(t *testing.T) {
	t.Parallel()
	b := telemetrytest.NewBackend(t, func(context.Context, int, int64) (int64, error) { return 2, nil })
	r := newRelay(t, b.Address)
	r.feed(t)
	got := r.end(t)
	b.Mu.Lock()
	defer b.Mu.Unlock()
	if got.Refused != 2*int64(b.Exports) || got.Passed != receivedSpans+producedSpans-got.Refused || len(got.Dropped) != 0 {
		t.Errorf("%+v after %d exports", got, b.Exports)
	}
}

// Nobody takes anything: the end comes all the same, and says what is lost.
func TestRelayUnconfirmed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		address string
		react   telemetrytest.Reaction
	}{
		{"hangs", "", telemetrytest.Hang},
		{"refuses connections", "127.0.0.1:1", nil},
		{"unavailable for ever", "", failing(1<<30, codes.Unavailable)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			address := tc.address
			if address == "" {
				address = telemetrytest.NewBackend(t, tc.react).Address
			}
			r := newRelay(t, address)
			r.feed(t)
			want := bench.Hop{
				Received: receivedSpans, Produced: producedSpans,
				Dropped: map[string]int64{telemetry.ReasonUnconfirmed: receivedSpans + producedSpans},
			}
			if diff := cmp.Diff(want, r.end(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Interrupted: the drain ends with its context.
func TestRelayInterrupted(t *testing.T) {
	t.Parallel()
	r := newRelay(t, telemetrytest.NewBackend(t, telemetrytest.Hang).Address)
	r.feed(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r.drain(ctx)
	if r.driver.Dropped[telemetry.ReasonUnconfirmed] != receivedSpans+producedSpans || !r.driver.Balanced() {
		t.Errorf("%+v", r.driver)
	}
}

func TestRelayWaiting(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := telemetrytest.NewBackend(t, func(_ context.Context, export int, _ int64) (int64, error) {
		select {
		case <-release:
			return 0, nil
		default:
			return 0, status.Error(codes.Unavailable, "not now")
		}
	})
	r := newRelay(t, b.Address)
	if n, err := r.waiting(); n != 0 || err != nil {
		t.Errorf("%d spans wait, error %v, before there are any", n, err)
	}
	r.feed(t)
	telemetrytest.Until(t, "an export fails", func() bool { _, err := r.waiting(); return err != nil })
	if n, _ := r.waiting(); n != receivedSpans+producedSpans {
		t.Errorf("%d spans wait", n)
	}
	close(release)
	telemetrytest.Until(t, "all is sent", func() bool { n, err := r.waiting(); return n == 0 && err == nil })
	r.end(t)
}

// Too much waits: what comes then is counted as dropped, and the rest goes on.
func TestRelayQueueFull(t *testing.T) {
	t.Parallel()
	r := newRelay(t, telemetrytest.NewBackend(t, nil).Address)
	small, large := parcelOf(t, 3, false), parcelOf(t, 4, false)
	large.data = append(large.data, make([]byte, maxQueued)...) // it isn't sent
	r.feedOne(small, true)
	r.feedOne(large, false)
	r.feedOne(small, false)
	want := bench.Hop{Received: 7, Produced: 3, Passed: 6, Dropped: map[string]int64{telemetry.ReasonQueueFull: 4}}
	if diff := cmp.Diff(want, r.end(t)); diff != "" {
		t.Error(diff)
	}
}

// A parcel that can't be unpacked is lost alone.
func TestRelayUnreadable(t *testing.T) {
	t.Parallel()
	b := telemetrytest.NewBackend(t, nil)
	r := newRelay(t, b.Address)
	r.feedOne(parcelOf(t, 3, true), false)
	r.feedOne(parcel{data: []byte("no zstd"), packed: true, spans: 6}, false)
	r.feedOne(parcelOf(t, 2, true), false)
	want := bench.Hop{Received: 11, Passed: 5, Dropped: map[string]int64{telemetry.ReasonUnreadable: 6}}
	if diff := cmp.Diff(want, r.end(t)); diff != "" {
		t.Error(diff)
	}
	if n := len(b.Received()); n != 5 {
		t.Errorf("the backend has %d spans", n)
	}
}

// What can be unpacked and isn't what it says isn't passed on: it is lost alone.
func TestRelayGarbage(t *testing.T) {
	t.Parallel()
	more := parcelOf(t, 6, true)
	more.spans = 5
	none := parcel{data: nil, packed: true, spans: 6}
	for name, p := range map[string]parcel{
		"no OTLP":             {data: packing(t).Pack([]byte{0xff, 0xff, 0xff}), packed: true, spans: 6},
		"another message":     {data: packing(t).Pack([]byte{0x22, 0x01, 0x00}), packed: true, spans: 6},
		"more than it says":   more,
		"nothing":             none,
		"gigantic":            {data: packing(t).Pack(make([]byte, 60<<20)), packed: true, spans: 6},
		"one message of none": {data: packing(t).Pack([]byte{0x1a, 0x00}), packed: true, spans: 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := telemetrytest.NewBackend(t, nil)
			r := newRelay(t, b.Address)
			r.feedOne(p, false)
			r.feedOne(parcelOf(t, 3, true), false)
			want := bench.Hop{Received: 3 + p.spans, Passed: 3, Dropped: map[string]int64{telemetry.ReasonUnreadable: p.spans}}
			if diff := cmp.Diff(want, r.end(t)); diff != "" {
				t.Error(diff)
			}
			if n := len(b.Received()); n != 3 {
				t.Errorf("the backend has %d spans", n)
			}
		})
	}
}

// A trace of which spans are lost is known as damaged, and the rows of lost
// statements are counted.
func TestRelayDamage(t *testing.T) {
	t.Parallel()
	refuse := failing(1<<30, codes.InvalidArgument)
	for _, tc := range []struct {
		name   string
		react  telemetrytest.Reaction
		change func(*parcel)
		giveUp bool   // before anything is confirmed
		reason string // empty when nothing is lost
		rows   int64  // lost
	}{
		{"taken", nil, nil, false, "", 0},
		{"queue full", nil, func(p *parcel) { p.data = make([]byte, maxQueued+1) }, false, telemetry.ReasonQueueFull, 3},
		{"unreadable", nil, func(p *parcel) { p.data, p.packed = []byte("no zstd"), true }, false, telemetry.ReasonUnreadable, 3},
		{"unconfirmed", telemetrytest.Hang, nil, true, telemetry.ReasonUnconfirmed, 3},
		{"refused", refuse, nil, false, "refused", 3},
		{"rejected in part", func(context.Context, int, int64) (int64, error) { return 1, nil }, nil, false, "refused", 3}, // or none: whose it was isn't known
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRelay(t, telemetrytest.NewBackend(t, tc.react).Address)
			p := parcelOf(t, 4, false)
			p.rows, p.traces = 3, []trace.TraceID{traceOf(1), traceOf(2)}
			if tc.change != nil {
				tc.change(&p)
			}
			r.feedOne(p, true)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if tc.giveUp {
				cancel()
			}
			r.drain(ctx)
			want := map[trace.TraceID]bool{}
			if tc.reason != "" {
				want[traceOf(1)], want[traceOf(2)] = true, true
			}
			if lost := r.driver.Lost() > 0; lost != (tc.reason != "") || r.driver.Refused == 0 && r.driver.Dropped[tc.reason] != r.driver.Lost() {
				t.Errorf("not lost as %s: %+v", tc.reason, r.driver)
			}
			if diff := cmp.Diff(want, r.traces.damaged); diff != "" || r.lostRows != tc.rows {
				t.Errorf("%d rows lost, want %d; damaged: -want +got\n%s", r.lostRows, tc.rows, diff)
			}
		})
	}
}

// Each export without an answer may have been taken: its rows count each time.
func TestRelayResent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		react telemetrytest.Reaction
		want  int64
	}{
		{"taken at once", telemetrytest.TakeAll, 0},
		{"an export without an answer", failing(1, codes.Unavailable), 7},
		{"three exports without an answer", failing(3, codes.DeadlineExceeded), 21},
		{"refused for good", failing(1, codes.InvalidArgument), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRelay(t, telemetrytest.NewBackend(t, tc.react).Address)
			p := parcelOf(t, 9, true)
			p.rows = 7
			r.feedOne(p, false)
			telemetrytest.Until(t, "it is sent", func() bool { n, _ := r.waiting(); return n == 0 })
			if r.end(t); r.resentRows != tc.want {
				t.Errorf("%d rows, want %d", r.resentRows, tc.want)
			}
		})
	}
}
