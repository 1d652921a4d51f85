package invoke_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
)

// meeting is a handler's gate that opens when the wanted number waits at it.
type meeting struct {
	mu        sync.Mutex
	want      int
	now, most int
	open      chan struct{}
}

func newMeeting(want int) *meeting { return &meeting{want: want, open: make(chan struct{})} }

func (m *meeting) come(t *testing.T) {
	m.mu.Lock()
	m.now++
	m.most = max(m.most, m.now)
	if m.now == m.want {
		select {
		case <-m.open:
		default:
			close(m.open)
		}
	}
	m.mu.Unlock()
	select {
	case <-m.open:
	case <-time.After(eventually.Patience):
		t.Errorf("never %d calls at once", m.want)
	}
}

func (m *meeting) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now--
}

func (m *meeting) largest() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.most
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 4, 64} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			m := newMeeting(n)
			a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
				m.come(t)
				m.leave()
				acknowledge(t, w, inv)
			})
			_, s := runAll(t, a.URL, plan(3*n, n))
			if got := m.largest(); got != n || s.Invocations.Acknowledged != int64(3*n) {
				t.Errorf("%d at once and %d acknowledged, want %d and %d", got, s.Invocations.Acknowledged, n, 3*n)
			}
		})
	}
}

// Two are in flight when the run is told to stop: they end, and no other is sent.
func TestDrain(t *testing.T) {
	t.Parallel()
	drain, stop := context.WithCancel(context.Background())
	defer stop()
	m := newMeeting(2)
	a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
		m.come(t)
		stop()
		acknowledge(t, w, inv)
	})
	results, s := run(context.Background(), drain, t, a.URL, plan(10, 2), eventually.Patience)
	if diff := cmp.Diff(map[int]int{0: 1, 1: 1}, a.calls()); diff != "" {
		t.Errorf("calls: %s", diff)
	}
	for i, r := range results {
		want := outcome{Outcome: bench.NotStarted, Kind: "interrupted"}
		if i < 2 {
			want = outcome{Outcome: bench.Acknowledged}
		}
		want.check(t, r)
	}
	if want := (bench.Account{Planned: 100, Acknowledged: 20, NotStarted: 80}); s.Rows != want {
		t.Errorf("rows %+v, want %+v", s.Rows, want)
	}
}

func TestDrainWhileThrottled(t *testing.T) {
	t.Parallel()
	drain, stop := context.WithCancel(context.Background())
	defer stop()
	a := serve(t, func(w http.ResponseWriter, _ bench.Invocation, _ int) {
		stop()
		refuse(w, 429, "TooManyRequestsException", `{"Reason":"CallerRateLimitExceeded"}`)
	})
	results, _ := run(context.Background(), drain, t, a.URL, plan(1, 1), eventually.Patience)
	outcome{Outcome: bench.NotStarted, Kind: "interrupted", Throttles: map[string]int{"CallerRateLimitExceeded": 1}}.check(t, results[0])
}

// What is in flight when the wait is given up may have run.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		timeout time.Duration
		cancel  bool
		want    outcome // of the second, which waits behind the first
	}{
		{"cancelled", eventually.Patience, true, outcome{Outcome: bench.NotStarted, Kind: "interrupted"}},
		{"no answer in time", 5 * time.Second, false, outcome{Outcome: bench.Acknowledged}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			release := make(chan struct{})
			open := sync.OnceFunc(func() { close(release) })
			defer open()
			a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
				if inv.Index == 0 {
					if tc.cancel {
						cancel()
					}
					<-release
				}
				acknowledge(t, w, inv)
			})
			results, _ := run(ctx, context.Background(), t, a.URL, plan(2, 1), tc.timeout)
			open()
			outcome{Outcome: bench.Unknown, Kind: "response_lost", Error: "context"}.check(t, results[0])
			tc.want.check(t, results[1])
			if got := a.calls()[0]; got != 1 {
				t.Errorf("sent %d times, want once", got)
			}
		})
	}
}
