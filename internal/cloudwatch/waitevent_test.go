package cloudwatch

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/bench"
)

const oneRun = "dsqlload/01M850BJEVW2N143JB0YS2GE2T"

// sampledSessions serves sessions of a run, of others, and of the minutes around the run's three.
func sampledSessions(t *testing.T) (*awsapi.CloudWatch, Options) {
	t.Helper()
	server := measured(t)
	put := func(cluster, application, event, query string, first int, values ...float64) {
		for i, v := range values {
			server.PutSessions(awsapi.SessionSample{Cluster: cluster, Application: application, Event: event, Query: query, At: minute(first + i), Value: v})
		}
	}
	put(clusterID, oneRun, "OnCpu", "1", 0, 0.5, 1, 0.25)
	put(clusterID, oneRun, "Commit", "1", 1, 6, 3) // none in the first minute
	put(clusterID, oneRun, "Commit", "2", 1, 3)    // another statement
	put(clusterID, oneRun, "ClientRead", "1", 3, 0.3)
	put(clusterID, "psql", "OnCpu", "1", 0, 9, 9, 9)
	put("another", oneRun, "OnCpu", "1", 0, 9, 9, 9)
	put(clusterID, oneRun, "PgSleep", "1", -5, 9)
	put(clusterID, oneRun, "PgSleep", "1", 5, 9)
	o := options(server)
	o.Application = oneRun
	return server, o
}

func TestWaitEvents(t *testing.T) {
	server, o := sampledSessions(t)
	got, err := Fetch(t.Context(), o)
	if err != nil || got.Problem != "" {
		t.Fatal(err, got.Problem)
	}
	at := func(n int, v float64) bench.CloudWatchPoint { return bench.CloudWatchPoint{At: minute(n), Value: v} }
	want := &bench.WaitEvents{Application: oneRun, Events: []bench.WaitEvent{
		{Name: "Commit", Sessions: 4, Points: []bench.CloudWatchPoint{at(1, 9), at(2, 3)}},
		{Name: "OnCpu", Sessions: 1.75 / 3, Points: []bench.CloudWatchPoint{at(0, 0.5), at(1, 1), at(2, 0.25)}},
		{Name: "ClientRead", Sessions: 0.1, Points: []bench.CloudWatchPoint{at(3, 0.3)}},
	}}
	near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })
	if diff := cmp.Diff(want, got.WaitEvents, near); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if total := got.WaitEvents.Sessions(); total < 4.683 || total > 4.684 {
		t.Errorf("%v sessions in all", total)
	}
	if asked := server.PromQL(); len(asked) != 1 || len(server.Requests()) != 1 {
		t.Errorf("%d queries, %d other requests, want one of each", len(asked), len(server.Requests()))
	}
	text := Text(&bench.Record{Run: bench.Run{ID: "x"}, CloudWatch: got}, nil)
	if !strings.Contains(text, "Commit") || !strings.Contains(text, "85.4 %") {
		t.Errorf("no share of Commit in\n%s", text)
	}
}

func TestNoWaitEvents(t *testing.T) {
	const limit = `{"status":"error","errorType":"execution","error":"too many requests"}`
	busy := awsapi.PromQLRefusal{Status: http.StatusTooManyRequests, Body: limit}
	for _, c := range []struct {
		name    string
		prepare func(*awsapi.CloudWatch, *Options)
		want    string // beginning
		asked   int
	}{
		{"no permission", func(s *awsapi.CloudWatch, _ *Options) {
			s.RefusePromQL(awsapi.PromQLRefusal{Status: http.StatusForbidden, Body: `{"__type":"AccessDeniedException","message":"User: x is not authorized to perform: cloudwatch:ListMetrics"}`})
		}, "CloudWatch refuses PromQL: the caller needs the actions cloudwatch:GetMetricData and cloudwatch:ListMetrics (HTTP status 403: AccessDeniedException: User: x is not authorized", 1},
		{
			"another secret", func(*awsapi.CloudWatch, *Options) { t.Setenv("AWS_SECRET_ACCESS_KEY", "another") },
			"CloudWatch refuses PromQL: the caller needs the actions cloudwatch:GetMetricData and cloudwatch:ListMetrics (HTTP status 403: InvalidSignatureException: the signature doesn't match)", 0,
		},
		{"busy for a while", func(s *awsapi.CloudWatch, _ *Options) { s.RefusePromQL(busy, busy, busy) }, "", 4},
		{
			"busy for good", func(s *awsapi.CloudWatch, _ *Options) { s.RefusePromQL(busy, busy, busy, busy) },
			"CloudWatch refused PromQL 4 times: driver cloudwatch RESULTS asks again later (HTTP status 429: too many requests)", 4,
		},
		{"no such operation", func(s *awsapi.CloudWatch, _ *Options) {
			s.RefusePromQL(awsapi.PromQLRefusal{Status: http.StatusNotFound, Body: "<html>\n<b>no\x1b[31m</b>"})
		}, "CloudWatch refuses PromQL (HTTP status 404: <html> <b>no", 1},
		{"truncated", func(s *awsapi.CloudWatch, _ *Options) {
			s.RefusePromQL(awsapi.PromQLRefusal{Status: http.StatusOK, Body: `{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["result truncated"]}`})
		}, "CloudWatch says: result truncated", 1},
		{
			"another run", func(_ *awsapi.CloudWatch, o *Options) { o.Application = "dsqlload/01KAQ2V8ZZ5M2N0Q3R4S5T6V7W" },
			"CloudWatch has no session of dsqlload/01KAQ2V8ZZ5M2N0Q3R4S5T6V7W: the region may not have the metric", 1,
		},
		{"early", func(_ *awsapi.CloudWatch, o *Options) {
			o.Application, o.Now = "dsqlload", func() time.Time { return minute(3) }
		}, "CloudWatch has no session of dsqlload: it may still come", 1},
		{"another suite's function", func(_ *awsapi.CloudWatch, o *Options) { o.Application = "" }, "the function is of another suite", 0},
		{"no cluster", func(_ *awsapi.CloudWatch, o *Options) { o.ClusterID = "" }, "the cluster is unknown", 0},
		{"old", func(_ *awsapi.CloudWatch, o *Options) { o.Now = func() time.Time { return began.AddDate(0, 0, 20) } }, "the run is so old", 0},
		{"long", func(_ *awsapi.CloudWatch, o *Options) {
			o.To = o.From.AddDate(0, 0, 7)
			o.Now = func() time.Time { return o.To.AddDate(0, 0, 1) }
		}, "the run was longer than the 7 days", 0},
		{"nobody there", func(_ *awsapi.CloudWatch, o *Options) { o.EndpointURL = "http://127.0.0.1:1" }, "CloudWatch did not answer: dial tcp", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, o := sampledSessions(t)
			if c.name == "another secret" {
				t.Setenv("AWS_SECRET_ACCESS_KEY", "another")
			} else {
				c.prepare(server, &o)
			}
			got, err := Fetch(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if w := got.WaitEvents; !strings.HasPrefix(w.Problem, c.want) || (c.want == "") != (len(w.Events) > 0) || c.want == "" && w.Problem != "" {
				t.Errorf("problem %q with %d events, want %q", w.Problem, len(w.Events), c.want)
			}
			if n := len(server.PromQL()); n != c.asked {
				t.Errorf("%d queries, want %d", n, c.asked)
			}
		})
	}
}

// TestUndocumentedAnswers: nothing is taken from an answer that the query can't have.
func TestUndocumentedAnswers(t *testing.T) {
	first := minute(0).Unix()
	series := func(metric, values string) string {
		return `{"status":"success","data":{"resultType":"matrix","result":[{"metric":` + metric + `,"values":` + values + `}]}}`
	}
	const commit = `{"db.wait.event":"Commit"}`
	point := func(at int64, value string) string { return fmt.Sprintf(`[[%d,%q]]`, at, value) }
	for name, c := range map[string]struct{ body, want string }{
		"not JSON":            {"<html>", "invalid character '<'"},
		"an error":            {`{"status":"error","error":"bad"}`, `status "error" bad`},
		"a vector":            {`{"status":"success","data":{"resultType":"vector","result":[]}}`, `data.resultType is "vector", must be matrix`},
		"no label":            {series(`{}`, point(first, "1")), "series 0: must have the label db.wait.event alone"},
		"more labels":         {series(`{"db.wait.event":"Commit","x":"y"}`, point(first, "1")), "series 0: must have the label"},
		"a long name":         {series(`{"db.wait.event":"`+strings.Repeat("x", 101)+`"}`, point(first, "1")), "series 0: a name of 101 bytes"},
		"not a number":        {series(commit, point(first, "NaN")), "Commit: point 0 is NaN, must be 0 to 1000000"},
		"infinite":            {series(commit, point(first, "+Inf")), "Commit: point 0 is +Inf"},
		"negative":            {series(commit, point(first, "-1")), "Commit: point 0 is -1"},
		"more than the quota": {series(commit, point(first, "1e7")), "Commit: point 0 is 1e7"},
		"a bare number":       {series(commit, fmt.Sprintf("[[%d,1]]", first)), "Commit: point 0 is [1.795"},
		"between steps":       {series(commit, point(first+1, "1")), "Commit: point 0 is at"},
		"before":              {series(commit, point(first-60, "1")), "Commit: point 0 is at"},
		"after":               {series(commit, point(first+300, "1")), "Commit: point 0 is at"},
		"twice":               {series(commit, fmt.Sprintf(`[[%d,"1"],[%d,"1"]]`, first, first)), "Commit: point 1 is at"},
		"too many":            {`{"status":"success","data":{"resultType":"matrix","result":[` + strings.Repeat(`{},`, 100) + `{}]}}`, "101 series, must be 100 at most"},
		"too large":           {strings.Repeat(" ", maxAnswer+1), "CloudWatch did not answer PromQL: the answer is larger than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			server, o := sampledSessions(t)
			server.RefusePromQL(awsapi.PromQLRefusal{Status: http.StatusOK, Body: c.body})
			got, err := Fetch(t.Context(), o)
			if err != nil || got.Problem != "" {
				t.Fatal(err, got.Problem)
			}
			want := c.want
			if name != "too large" {
				want = "CloudWatch's answer isn't as documented: " + want
			}
			if w := got.WaitEvents; !strings.HasPrefix(w.Problem, want) || len(w.Events) != 0 {
				t.Errorf("problem %q with %d events, want %q", w.Problem, len(w.Events), want)
			}
		})
	}
}
