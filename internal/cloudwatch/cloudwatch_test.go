package cloudwatch

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/bench"
)

func TestFetch(t *testing.T) {
	server := measured(t)
	got, err := Fetch(t.Context(), options(server))
	if err != nil || got.Problem != "" {
		t.Fatalf("%v, problem %q", err, got.Problem)
	}
	if !got.From.Equal(minute(0)) || !got.To.Equal(minute(3)) || !got.Complete || !got.FetchedAt.Equal(minute(60)) {
		t.Errorf("window %v to %v, complete %v, fetched %v", got.From, got.To, got.Complete, got.FetchedAt)
	}
	for _, want := range []bench.CloudWatchMetric{
		{Namespace: Cluster, Name: "TotalTransactions", Statistic: "Sum", Unit: "none", Total: ptr(350), Points: []bench.CloudWatchPoint{{At: minute(0), Value: 100}, {At: minute(1), Value: 200}, {At: minute(2), Value: 50}}},
		{Namespace: Cluster, Name: "CommitLatency", Statistic: "Average", Unit: "milliseconds", Total: ptr(6), Points: []bench.CloudWatchPoint{{At: minute(0), Value: 4}, {At: minute(1), Value: 6}, {At: minute(2), Value: 8}}},
		{Namespace: Cluster, Name: "CommitLatency", Statistic: "Maximum", Unit: "milliseconds", Total: ptr(90), Points: []bench.CloudWatchPoint{{At: minute(0), Value: 40}, {At: minute(1), Value: 90}, {At: minute(2), Value: 80}}},
		{Namespace: Cluster, Name: "TotalDPU", Statistic: "Sum", Unit: "DPU", Total: ptr(35.5), Points: []bench.CloudWatchPoint{{At: minute(0), Value: 10.5}, {At: minute(1), Value: 20}, {At: minute(2), Value: 5}}},
		{Namespace: Function, Name: "ConcurrentExecutions", Statistic: "Maximum", Unit: "Count", Total: ptr(12), Points: []bench.CloudWatchPoint{{At: minute(1), Value: 12}}},
	} {
		if diff := cmp.Diff(want, find(t, got, want.Name, want.Statistic)); diff != "" {
			t.Errorf("%s %s: -want +got\n%s", want.Name, want.Statistic, diff)
		}
	}
	requests := server.Requests()
	if len(requests) != 1 || !requests[0].Start.Equal(minute(0)) || !requests[0].End.Equal(minute(3)) || requests[0].Periods[0] != time.Minute {
		t.Errorf("requests: %+v, want one of the whole minutes", requests)
	}
}

// TestPages: the same comes of any number of pages.
func TestPages(t *testing.T) {
	server := measured(t)
	want, err := Fetch(t.Context(), options(server))
	if err != nil {
		t.Fatal(err)
	}
	for page, calls := range map[int]int{1: 19, 4: 5, 18: 2, 19: 1} { // of 19 points
		server.PageBy(page)
		before := len(server.Requests())
		got, err := Fetch(t.Context(), options(server))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("pages of %d: %v, -want +got\n%s", page, err, diff)
		}
		if n := len(server.Requests()) - before; n != calls {
			t.Errorf("pages of %d: %d calls, want %d", page, n, calls)
		}
	}
}

func TestComplete(t *testing.T) {
	server := measured(t)
	for after, want := range map[time.Duration]bool{0: false, Lag - time.Second: false, Lag: true, time.Hour: true} {
		o := options(server)
		o.Now = func() time.Time { return minute(3).Add(after) }
		if got, err := Fetch(t.Context(), o); err != nil || got.Complete != want {
			t.Errorf("%v after the window: complete %v, %v, want %v", after, got.Complete, err, want)
		}
	}
}

// TestOld: what CloudWatch keeps is coarser with age, and so is what is asked.
func TestOld(t *testing.T) {
	server := measured(t)
	for days, want := range map[int]time.Duration{1: time.Minute, 20: 5 * time.Minute, 100: time.Hour} {
		o := options(server)
		o.Now = func() time.Time { return began.AddDate(0, 0, days) }
		before := len(server.Requests())
		got, err := Fetch(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		r := server.Requests()[before]
		if r.Periods[0] != want || !got.From.Equal(began.Truncate(want)) || got.To.Sub(got.From)%want != 0 || got.To.Before(o.To) {
			t.Errorf("%d days later: period %v, window %v to %v, want periods of %v", days, r.Periods[0], got.From, got.To, want)
		}
	}
}

func TestProblems(t *testing.T) {
	throttled := awsapi.CloudWatchFailure{Status: http.StatusBadRequest, Code: "Throttling", Message: "Rate exceeded"}
	for _, c := range []struct {
		name    string
		prepare func(*awsapi.CloudWatch, *Options)
		want    string // beginning
		calls   int
		points  int
	}{
		{"access denied", func(s *awsapi.CloudWatch, _ *Options) {
			s.Fail(awsapi.CloudWatchFailure{Status: http.StatusForbidden, Code: "AccessDenied", Message: "User: arn:aws:iam::1:user/x is not authorized"})
		}, "CloudWatch refuses: the caller lacks the action cloudwatch:GetMetricData (AccessDenied: User: arn:aws:iam::1:user/x is not authorized)", 1, 0},
		{"expired", func(s *awsapi.CloudWatch, _ *Options) {
			s.Fail(awsapi.CloudWatchFailure{Status: http.StatusForbidden, Code: "ExpiredToken", Message: "The security token included in the request is expired"})
		}, "CloudWatch says that the AWS credentials are expired or wrong", 1, 0},
		{"another refusal", func(s *awsapi.CloudWatch, _ *Options) {
			s.Fail(awsapi.CloudWatchFailure{Status: http.StatusBadRequest, Code: "InvalidParameterValue", Message: "no"})
		}, "CloudWatch refuses (InvalidParameterValue: no)", 1, 0},
		{"throttled for a while", func(s *awsapi.CloudWatch, _ *Options) { s.Fail(throttled, throttled) }, "", 3, 19},
		{"throttled for good", func(s *awsapi.CloudWatch, _ *Options) { s.Fail(throttled, throttled, throttled, throttled) }, "CloudWatch throttled 4 requests", 4, 0},
		{"throttled after the first page", func(s *awsapi.CloudWatch, _ *Options) { s.PageBy(5) }, "CloudWatch throttled 4 requests", 5, 5},
		{"a server's fault that passes", func(s *awsapi.CloudWatch, _ *Options) {
			s.Fail(awsapi.CloudWatchFailure{Status: http.StatusInternalServerError, Code: "InternalServiceFault", Message: "oops"})
		}, "", 2, 19},
		{"nobody there", func(_ *awsapi.CloudWatch, o *Options) { o.EndpointURL = "http://127.0.0.1:1" }, "CloudWatch did not answer: dial tcp 127.0.0.1:1: connect: connection refused", 0, 0},
		{"partial data", func(s *awsapi.CloudWatch, _ *Options) { s.Status("OccConflicts", "PartialData") }, "CloudWatch returned only a part: OccConflicts Sum (PartialData)", 1, 19},
		{"internal error", func(s *awsapi.CloudWatch, _ *Options) { s.Status("CommitLatency", "InternalError") }, "CloudWatch returned only a part: CommitLatency Average (InternalError), CommitLatency Maximum (InternalError)", 1, 19},
		{"another cluster", func(_ *awsapi.CloudWatch, o *Options) { o.ClusterID = "zzzzzzzzzzzzzzzzzzzzzzzzzz" }, "CloudWatch has no data of the cluster zzzzzzzzzzzzzzzzzzzzzzzzzz from 2026-11-23T20:00:00Z to 20:03 in eu-west-1", 1, 4},
		{"another function", func(_ *awsapi.CloudWatch, o *Options) { o.FunctionName = "f" }, "CloudWatch has no data of the function f from", 1, 15},
		{"cluster not known", func(_ *awsapi.CloudWatch, o *Options) { o.ClusterID = "" }, "the cluster is unknown (--cluster sets it)", 1, 4},
		{"function not known", func(_ *awsapi.CloudWatch, o *Options) { o.FunctionName = "" }, "the function is unknown", 1, 15},
		{"neither known", func(_ *awsapi.CloudWatch, o *Options) { o.ClusterID, o.FunctionName = "", "" }, "the cluster is unknown (--cluster sets it); the function is unknown", 0, 0},
		{"nothing yet", func(_ *awsapi.CloudWatch, o *Options) {
			o.From, o.To, o.Now = minute(10), minute(11), func() time.Time { return minute(11) }
		}, "CloudWatch has no data of the cluster " + clusterID + " from 2026-11-23T20:10:00Z to 20:11 in eu-west-1; CloudWatch has no data of the function load-test", 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := measured(t)
			o := options(server)
			c.prepare(server, &o)
			if c.name == "throttled after the first page" {
				server.FailAfter(1, throttled, throttled, throttled, throttled)
			}
			got, err := Fetch(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(got.Problem, c.want) || c.want == "" && got.Problem != "" {
				t.Errorf("problem %q, want %q", got.Problem, c.want)
			}
			if n := len(server.Requests()); n != c.calls {
				t.Errorf("%d calls, want %d", n, c.calls)
			}
			points := 0
			for _, m := range got.Metrics {
				points += len(m.Points)
			}
			if points != c.points {
				t.Errorf("%d points, want %d", points, c.points)
			}
			if early := strings.HasSuffix(got.Problem, "it may still come, because the metrics lag by some minutes"); early != (c.name == "nothing yet") {
				t.Errorf("problem %q", got.Problem)
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	server := measured(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("HOME", t.TempDir())
	got, err := Fetch(t.Context(), options(server))
	if err != nil || !strings.HasPrefix(got.Problem, "AWS credentials: ") || len(server.Requests()) != 0 {
		t.Errorf("%v, problem %q, %d calls", err, got.Problem, len(server.Requests()))
	}
}

func TestFetchErrors(t *testing.T) {
	server := measured(t)
	for name, change := range map[string]func(*Options){
		"CloudWatch: no region is known": func(o *Options) { o.Region = "" },
		"CloudWatch: the window from 2026-11-23T20:00:30Z to 2026-11-23T20:00:30Z is empty": func(o *Options) { o.To = o.From },
	} {
		o := options(server)
		change(&o)
		if _, err := Fetch(t.Context(), o); err == nil || err.Error() != name {
			t.Errorf("error %v, want %s", err, name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fetch(ctx, options(server)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of an ended context", err)
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d calls, want none", n)
	}
}
