package invoke_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// Each is refused twice before it runs, and runs once.
func TestThrottled(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{
		"ConcurrentInvocationLimitExceeded", "FunctionInvocationRateLimitExceeded", "ReservedFunctionConcurrentInvocationLimitExceeded",
		"ReservedFunctionInvocationRateLimitExceeded", "CallerRateLimitExceeded", "ConcurrentSnapshotCreateLimitExceeded", "",
	} {
		t.Run("reason "+reason, func(t *testing.T) {
			t.Parallel()
			a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, before int) {
				if before < 2 {
					refuse(w, 429, "TooManyRequestsException", fmt.Sprintf(`{"Reason":%q,"Type":"User","message":"Rate Exceeded."}`, reason))
					return
				}
				acknowledge(t, w, inv)
			})
			results, s := runAll(t, a.URL, plan(2, 2))
			want := reason
			if want == "" {
				want = "TooManyRequestsException"
			}
			for _, r := range results {
				outcome{Outcome: bench.Acknowledged, Throttles: map[string]int{want: 2}}.check(t, r)
			}
			if diff := cmp.Diff(map[int]int{0: 3, 1: 3}, a.calls()); diff != "" {
				t.Errorf("calls: %s", diff)
			}
			if diff := cmp.Diff(map[string]int64{want: 4}, s.Throttles); diff != "" {
				t.Errorf("throttles: %s", diff)
			}
		})
	}
}

func TestThrottledForSeconds(t *testing.T) {
	t.Parallel()
	came := make(chan time.Time, 2)
	a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, before int) {
		came <- time.Now()
		if before == 0 {
			w.Header().Set("Retry-After", "3")
			refuse(w, 429, "TooManyRequestsException", `{"Reason":"CallerRateLimitExceeded"}`)
			return
		}
		acknowledge(t, w, inv)
	})
	results, _ := runAll(t, a.URL, plan(1, 1))
	first, again := <-came, <-came
	waited := again.Sub(first)
	if waited < 1500*time.Millisecond {
		t.Errorf("sent again after %v, Lambda asked for 3 s", waited)
	}
	if got := results[0].Latency(); got >= waited {
		t.Errorf("latency %v holds the wait", got)
	}
}

func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	results, s := runAll(t, "http://127.0.0.1:1", plan(3, 3)) // nobody listens there
	for _, r := range results {
		outcome{Outcome: bench.NotStarted, Kind: "connection_refused", Error: "refused"}.check(t, r)
	}
	if want := (bench.Account{Planned: 30, NotStarted: 30}); s.Rows != want {
		t.Errorf("rows %+v, want %+v", s.Rows, want)
	}
}
