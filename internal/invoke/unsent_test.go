package invoke

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// clientOf is a client of a server on loopback, with the SDK's own transport.
func clientOf(t *testing.T, endpoint string, p aws.CredentialsProvider, lanes int) *Client {
	t.Helper()
	c, err := NewClient(t.Context(), Options{
		FunctionName: "load", Region: "us-east-1", EndpointURL: endpoint, LocalCredentials: true, Concurrency: lanes, Timeout: time.Minute, NoStream: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if p != nil {
		o := c.api.Options()
		o.Credentials = p
		c.api = lambda.New(o)
	}
	return c
}

func foreignAnswer(w http.ResponseWriter) {
	_, _ = io.WriteString(w, `{"statusCode":200,"body":"{\"success\":true,\"result\":{\"success_count\":1,\"error_count\":0,\"duration_ms\":1,\"inserts_per_second\":1000}}"}`) // the test sees a lost answer
}

func refuseWith(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"message":%q}`, message) // the status says it
}

// listen hands each connection to serve, which closes it.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			go serve(conn)
		}
	}()
	return l.Addr().String()
}

// What may have left is unknown; what never left is not started.
func TestWhetherItLeft(t *testing.T) {
	t.Parallel()
	closing := listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1)) // else the client may see the end before it sends anything
		_ = c.Close()
	})
	reading := listen(t, func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, 100)) // a part of the request
		_ = c.Close()
	})
	for _, tc := range []struct {
		name     string
		endpoint string
		want     bench.Outcome
		kind     string
	}{
		{"closed at the first byte", "http://" + closing, bench.Unknown, "response_lost"},
		{"closed after a part was read", "http://" + reading, bench.Unknown, "response_lost"},
		{"no TLS there", "https://" + closing, bench.NotStarted, "no_connection"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			results, _ := clientOf(t, tc.endpoint, nil, 1).Run(t.Context(), t.Context(), planOf(1, 1), nil, News{})
			r := results[0]
			if r.Outcome != tc.want || r.ErrorKind != tc.kind || r.Error == "" || r.Sent.IsZero() != (tc.want == bench.NotStarted) {
				t.Errorf("%s, %s, %q, sent %v; want %s, %s", r.Outcome, r.ErrorKind, r.Error, r.Sent, tc.want, tc.kind)
			}
		})
	}
}

// The name of a host that isn't known, and the dial's own time-out, by the types
// that the net package has for them.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "lambda.nowhere.invalid", IsNotFound: true}},
		&net.OpError{Op: "dial", Err: context.DeadlineExceeded},
	} {
		api := lambda.New(lambda.Options{
			Region: "us-east-1", Retryer: aws.NopRetryer{}, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
			HTTPClient: watchingClient{failing{cause}},
		})
		c := &Client{api: api, options: Options{FunctionName: "load", Timeout: time.Minute, NoStream: true}, pacing: newPacing(0, 1)}
		results, _ := c.Run(t.Context(), t.Context(), planOf(1, 1), nil, News{})
		r := results[0]
		if r.Outcome != bench.NotStarted || r.ErrorKind != "no_connection" || !strings.Contains(r.Error, cause.Error()) {
			t.Errorf("%v: %s, %s, %q", cause, r.Outcome, r.ErrorKind, r.Error)
		}
	}
}

type failing struct{ err error }

// Do fails before it looks at the request.
func (f failing) Do(*http.Request) (*http.Response, error) { return nil, f.err }

// A call that is given up while it waits for a connection was not started.
func TestGivenUpWhileDialling(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	// It accepts and says nothing: the TLS handshake never ends.
	silent := listen(t, func(c net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, c) // until the client goes
		_ = c.Close()
	})
	results, _ := clientOf(t, "https://"+silent, nil, 1).Run(ctx, t.Context(), planOf(1, 1), nil, News{})
	r := results[0]
	if r.Outcome != bench.NotStarted || r.ErrorKind != "interrupted" || !r.Sent.IsZero() {
		t.Errorf("%s, %s, %q", r.Outcome, r.ErrorKind, r.Error)
	}
}

// renewing are credentials that can't be renewed after a number of calls.
type renewing struct{ left atomic.Int64 }

// Retrieve fails once none is left.
func (r *renewing) Retrieve(context.Context) (aws.Credentials, error) {
	if r.left.Add(-1) < 0 {
		return aws.Credentials{}, errors.New("the SSO session has expired")
	}
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
}

// Credentials that end during a run end it, soon and with their own words.
func TestGivenUpAfterRefusals(t *testing.T) {
	t.Parallel()
	const invocations, lanes, good = 2000, 8, 50
	for _, tc := range []struct {
		name, kind, says string
		refuse           func(w http.ResponseWriter) // nil when the credentials can't be renewed
		failed           bool                        // refused by Lambda, else never sent
	}{
		{"expired", "ExpiredTokenException", "renew the credentials", func(w http.ResponseWriter) {
			refuseWith(w, 403, "ExpiredTokenException", "The security token included in the request is expired")
		}, true},
		{"no rights", "AccessDeniedException", "lambda:InvokeFunction", func(w http.ResponseWriter) {
			refuseWith(w, 403, "AccessDeniedException", "not authorized")
		}, true},
		{"function deleted", "ResourceNotFoundException", "--function-name", func(w http.ResponseWriter) {
			refuseWith(w, 404, "ResourceNotFoundException", "Function not found")
		}, true},
		{"not to be renewed", "request_not_made", "the SSO session has expired", nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if calls.Add(1) > good && tc.refuse != nil {
					tc.refuse(w)
					return
				}
				foreignAnswer(w)
			}))
			defer server.Close()
			var p aws.CredentialsProvider
			if tc.refuse == nil {
				r := &renewing{}
				r.left.Store(good)
				p = r
			}
			results, _ := clientOf(t, server.URL, p, lanes).Run(t.Context(), t.Context(), planOf(invocations, lanes), nil, News{})
			checkGivenUp(t, results, tc.kind, tc.says, tc.failed, good)
		})
	}
}

func checkGivenUp(t *testing.T, results []bench.Result, kind, says string, failed bool, good int) {
	t.Helper()
	refused, outcomes := 0, map[bench.Outcome]int{}
	for _, r := range results {
		outcomes[r.Outcome]++
		switch {
		case r.Outcome == bench.Acknowledged:
		case r.ErrorKind == kind:
			refused++
			if (r.Outcome == bench.Failed) != failed {
				t.Errorf("invocation %d: %s by %s", r.Index, r.Outcome, r.Error)
			}
		case r.ErrorKind == "given_up" && r.Outcome == bench.NotStarted && strings.Contains(r.Error, says):
		default:
			t.Fatalf("invocation %d: %s, %s, %q", r.Index, r.Outcome, r.ErrorKind, r.Error)
		}
	}
	// Answers of the last good calls may come among the refusals.
	if outcomes[bench.Acknowledged] != good || refused < tooManyRefused || refused > 10*tooManyRefused {
		t.Errorf("%d acknowledged and %d refused, want %d, and %d to %d", outcomes[bench.Acknowledged], refused, good, tooManyRefused, 10*tooManyRefused)
	}
}

// Refusals among successes are failures, and no reason to stop.
func TestRefusedNowAndThen(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1)%2 == 0 {
			refuseWith(w, 400, "InvalidRequestContentException", "no")
			return
		}
		foreignAnswer(w)
	}))
	defer server.Close()
	results, _ := clientOf(t, server.URL, nil, 1).Run(t.Context(), t.Context(), planOf(100, 1), nil, News{})
	outcomes := map[bench.Outcome]int{}
	for _, r := range results {
		outcomes[r.Outcome]++
	}
	if diff := cmp.Diff(map[bench.Outcome]int{bench.Acknowledged: 50, bench.Failed: 50}, outcomes); diff != "" {
		t.Error(diff)
	}
}

// The API's front door says "rate exceeded" without Lambda's own type.
func TestThrottledByTheFrontDoor(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		kind   string
	}{{400, "ThrottlingException"}, {429, "SlowDownPlease"}} {
		var calls atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if calls.Add(1) == 1 {
				refuseWith(w, tc.status, tc.kind, "Rate exceeded")
				return
			}
			foreignAnswer(w)
		}))
		results, _ := clientOf(t, server.URL, nil, 1).Run(t.Context(), t.Context(), planOf(1, 1), nil, News{})
		r := results[0]
		if diff := cmp.Diff(map[string]int{tc.kind: 1}, r.Throttles); diff != "" || r.Outcome != bench.Acknowledged {
			t.Errorf("%d %s: %s, %s", tc.status, tc.kind, r.Outcome, diff)
		}
		server.Close()
	}
}

func TestReportLine(t *testing.T) {
	t.Parallel()
	// "START ...\nEND ...\nREPORT RequestId: 1\tDuration: 12.34 ms\tBilled Duration: 213 ms\tMemory Size: 512 MB\tMax Memory Used: 77 MB\tInit Duration: 200.50 ms\t\n"
	const tail = "U1RBUlQgUmVxdWVzdElkOiAxCkVORCBSZXF1ZXN0SWQ6IDEKUkVQT1JUIFJlcXVlc3RJZDogMQlEdXJhdGlvbjogMTIuMzQgbXMJQmlsbGVkIER1cmF0aW9uOiAyMTMgbXMJTWVtb3J5IFNpemU6IDUxMiBNQglNYXggTWVtb3J5IFVzZWQ6IDc3IE1CCUluaXQgRHVyYXRpb246IDIwMC41MCBtcwkK"
	want := &bench.Report{Duration: 12340 * time.Microsecond, Billed: 213 * time.Millisecond, Init: 200500 * time.Microsecond, MemoryMB: 512, MaxMemoryMB: 77}
	if diff := cmp.Diff(want, report(tail)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, none := range []string{"", "not base64!", "U1RBUlQ="} {
		if got := report(none); got != nil {
			t.Errorf("%q: %+v, want none", none, *got)
		}
	}
}
