package invoke

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
)

// cloud stands in for Lambda within the SDK's HTTP client, so that the clock can
// be a bubble's. A call takes its time; how many may run, and start in a second,
// is told by the time since it began.
type cloud struct {
	takes      time.Duration
	capacity   func(time.Duration) int // nil is without end
	perSecond  int                     // 0 is without end
	reason     string
	retryAfter string

	mu              sync.Mutex
	began           time.Time
	running, most   int
	ran, throttled  int
	lastThrottle    time.Time
	second, started int
}

// Do answers one call.
func (c *cloud) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.ReadAll(r.Body); err != nil {
		return nil, err
	}
	if !c.admit() {
		h := http.Header{"X-Amzn-Errortype": {"TooManyRequestsException"}}
		if c.retryAfter != "" {
			h.Set("Retry-After", c.retryAfter)
		}
		return answer(429, h, fmt.Sprintf(`{"Reason":%q,"message":"Rate Exceeded."}`, c.reason)), nil
	}
	defer c.end()
	select {
	case <-time.After(c.takes):
		return answer(200, http.Header{}, `{"statusCode":200,"body":"{\"success\":true,\"result\":{\"success_count\":1,\"error_count\":0,\"duration_ms\":1,\"inserts_per_second\":1000}}"}`), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func answer(status int, h http.Header, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

func (c *cloud) admit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.began.IsZero() {
		c.began = time.Now()
	}
	since := time.Since(c.began)
	if second := int(since / time.Second); second != c.second {
		c.second, c.started = second, 0
	}
	if c.capacity != nil && c.running >= c.capacity(since) || c.perSecond > 0 && c.started >= c.perSecond {
		c.throttled++
		c.lastThrottle = time.Now()
		return false
	}
	c.started++
	c.running++
	c.ran++
	c.most = max(c.most, c.running)
	return true
}

func (c *cloud) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
}

func (c *cloud) client(lanes int) *Client {
	return &Client{
		api: lambda.New(lambda.Options{
			Region: "us-east-1", HTTPClient: watchingClient{c}, Retryer: aws.NopRetryer{},
			Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		}),
		options: Options{FunctionName: "load", Timeout: 16 * time.Minute, NoStream: true},
		pacing:  newPacing(0, lanes),
	}
}

func planOf(invocations, inFlight int) bench.Plan {
	return bench.Plan{Scenario: bench.Individual, Load: bench.Load{NumLambdas: invocations, Iterations: 1, Count: 1}, Concurrency: inFlight}
}

func constant(n int) func(time.Duration) int { return func(time.Duration) int { return n } }

// However Lambda throttles, each invocation runs once, the limit finds what is
// admitted, and little is sent in vain.
func TestThrottledPlansAreDelivered(t *testing.T) {
	for _, tc := range []struct {
		name                 string
		cloud                *cloud
		invocations, asked   int
		within               time.Duration // the best possible, and what finding the limit and the last backoff take
		throttles            int           // at most
		floorLeast, floorMax int
	}{
		{
			"half of it fits", &cloud{takes: 2 * time.Second, capacity: constant(100), reason: "ConcurrentInvocationLimitExceeded"},
			2000, 200, 50 * time.Second, 400, 85, 100,
		},
		{
			"a tenth of it fits", &cloud{takes: 100 * time.Millisecond, capacity: constant(20), reason: "ReservedFunctionConcurrentInvocationLimitExceeded"},
			4000, 200, 25 * time.Second, 1000, 10, 20,
		},
		{
			"one at a time", &cloud{takes: time.Second, capacity: constant(1), reason: "ConcurrentInvocationLimitExceeded"},
			30, 50, 45 * time.Second, 250, 1, 1,
		},
		{
			"a thousand environments in ten seconds, to scale",
			&cloud{takes: time.Second, capacity: func(d time.Duration) int { return 100 + int(10*d.Seconds()) }, reason: "ConcurrentInvocationLimitExceeded"},
			6000, 300, 35 * time.Second, 900, 85, 120,
		},
		{
			"so many a second", &cloud{takes: 20 * time.Millisecond, perSecond: 50, reason: "FunctionInvocationRateLimitExceeded"},
			1500, 100, 40 * time.Second, 900, 1, 10,
		},
		{
			"nothing for half a minute", &cloud{takes: time.Second, reason: "CallerRateLimitExceeded", retryAfter: "1", capacity: func(d time.Duration) int {
				if d > 10*time.Second && d < 40*time.Second {
					return 0
				}
				return 100
			}},
			4000, 100, 85 * time.Second, 900, 1, 1,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := tc.cloud.client(tc.asked)
				start := time.Now()
				results, a := c.Run(t.Context(), t.Context(), planOf(tc.invocations, tc.asked), nil, News{})
				took := time.Since(start)
				s, err := sum.Of(planOf(tc.invocations, tc.asked), results)
				if err != nil {
					t.Fatal(err)
				}
				told := int64(0)
				for _, n := range s.Throttles {
					told += n
				}
				t.Logf("%v, %d throttles, %+v", took, told, *a)
				if !s.Rows.Complete() || tc.cloud.ran != tc.invocations || told != int64(tc.cloud.throttled) || s.Throttles[tc.cloud.reason] != told {
					t.Errorf("rows %+v, %d runs, %d throttles, told %v", s.Rows, tc.cloud.ran, tc.cloud.throttled, s.Throttles)
				}
				if took > tc.within || tc.cloud.throttled > tc.throttles {
					t.Errorf("took %v and %d throttles, want at most %v and %d", took, tc.cloud.throttled, tc.within, tc.throttles)
				}
				if a.Asked != tc.asked || a.Reached != tc.cloud.most || a.Floor < tc.floorLeast || a.Floor > tc.floorMax || a.Backoffs == 0 || a.HeldSeconds <= 0 {
					t.Errorf("%+v, want %d asked, %d reached, a floor of %d to %d", *a, tc.asked, tc.cloud.most, tc.floorLeast, tc.floorMax)
				}
				if n := int64(c.Snapshot().InFlight); n != 0 {
					t.Errorf("%d in flight at the end", n)
				}
			})
		})
	}
}

// After throttling has ended the limit comes back to all that was asked.
func TestLimitRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lambda := &cloud{takes: time.Second, reason: "ConcurrentInvocationLimitExceeded", capacity: func(d time.Duration) int {
			if d < 5*time.Second {
				return 10
			}
			return 1000
		}}
		c := lambda.client(100)
		var limits []int64
		go func() {
			for range 30 {
				time.Sleep(time.Second)
				limits = append(limits, c.Snapshot().Limit)
			}
		}()
		results, a := c.Run(t.Context(), t.Context(), planOf(3000, 100), nil, News{})
		synctest.Wait()
		if limits[3] > 20 || limits[28] != 100 || a.Reached != 100 || a.HeldSeconds > 28 || len(results) != 3000 {
			t.Errorf("limits by second %v, %+v", limits, *a)
		}
		for i := 7; i < len(limits); i++ {
			if limits[i] < limits[i-1] {
				t.Errorf("the limit fell without a throttle: %v", limits)
			}
		}
	})
}

func TestNeverThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := (&cloud{takes: time.Second}).client(50)
		var during Snapshot
		go func() {
			time.Sleep(1500 * time.Millisecond)
			during = c.Snapshot()
		}()
		_, a := c.Run(t.Context(), t.Context(), planOf(200, 50), nil, News{})
		synctest.Wait()
		if want := (bench.Admission{Asked: 50, Reached: 50, Floor: 50}); *a != want {
			t.Errorf("%+v, want %+v", *a, want)
		}
		if want := (Snapshot{InFlight: 50, Limit: 50, Sent: 100, Ended: 50}); during != want {
			t.Errorf("%+v after 1.5 s, want %+v", during, want)
		}
		if want := (Snapshot{Limit: 50, Sent: 200, Ended: 200}); c.Snapshot() != want {
			t.Errorf("%+v at the end, want %+v", c.Snapshot(), want)
		}
	})
}

// Nothing but throttles for long is an end, with its reason.
func TestStarved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lambda := &cloud{reason: "ReservedFunctionConcurrentInvocationLimitExceeded", capacity: constant(0)}
		start := time.Now()
		results, _ := lambda.client(20).Run(t.Context(), t.Context(), planOf(100, 20), nil, News{})
		if took := time.Since(start); took < starvation || took > starvation+time.Second {
			t.Errorf("gave up after %v, want %v", took, starvation)
		}
		for _, r := range results {
			if r.Outcome != bench.NotStarted || r.ErrorKind != "throttled" || !strings.Contains(r.Error, lambda.reason) || !strings.Contains(r.Error, "put-function-concurrency") {
				t.Fatalf("%s, %s, %q", r.Outcome, r.ErrorKind, r.Error)
			}
		}
		if lambda.throttled > int(starvation/tick)+20 {
			t.Errorf("%d calls in vain", lambda.throttled)
		}
	})
}

// A call in flight for long was admitted: the other waits for it.
func TestNotStarvedBehindALongOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lambda := &cloud{takes: 14 * time.Minute, reason: "ConcurrentInvocationLimitExceeded", capacity: constant(1)}
		results, _ := lambda.client(2).Run(t.Context(), t.Context(), planOf(3, 2), nil, News{})
		for _, r := range results {
			if r.Outcome != bench.Acknowledged {
				t.Errorf("invocation %d: %s, %s", r.Index, r.Outcome, r.Error)
			}
		}
	})
}

// Those who wait for their turn stop waiting when the run is to end.
func TestDrainWhileHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lambda := &cloud{takes: time.Minute, reason: "ConcurrentInvocationLimitExceeded", capacity: constant(5)}
		drain, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		start := time.Now()
		results, _ := lambda.client(50).Run(t.Context(), drain, planOf(100, 50), nil, News{})
		if took := time.Since(start); took > 61*time.Second {
			t.Errorf("took %v", took)
		}
		counts := map[bench.Outcome]int{}
		for _, r := range results {
			counts[r.Outcome]++
		}
		if counts[bench.Acknowledged] != 5 || counts[bench.NotStarted] != 95 {
			t.Errorf("%v, want the 5 in flight and 95 not started", counts)
		}
	})
}

// What Lambda asks for is waited, and not counted as latency.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lambda := &cloud{takes: time.Second, reason: "CallerRateLimitExceeded", retryAfter: "7", capacity: func(d time.Duration) int {
			if d > 0 {
				return 1
			}
			return 0
		}}
		results, _ := lambda.client(1).Run(t.Context(), t.Context(), planOf(1, 1), nil, News{})
		r := results[0]
		if waited := r.Sent.Sub(lambda.lastThrottle); waited < 7*time.Second || waited > 9*time.Second || r.Latency() != time.Second {
			t.Errorf("sent again after %v, latency %v", waited, r.Latency())
		}
		if len(r.ThrottledAt) != 1 || !r.ThrottledAt[0].Equal(lambda.lastThrottle) {
			t.Errorf("throttled at %v, want %v", r.ThrottledAt, lambda.lastThrottle)
		}
	})
}
