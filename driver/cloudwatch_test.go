package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/cloudwatch"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/html"
)

const testCluster = "abcdefghijklmnopqrstuvwxyz"

// onAWS is a record of 10 invocations of 10 inserts, without a warm-up.
func onAWS(t *testing.T, began time.Time) *bench.Record {
	t.Helper()
	c := bench.Defaults()
	c.FunctionName = "dsql-load-test"
	c.Target, c.WarmUp, c.Seed, c.Scenarios, c.Individual.NumLambdas = bench.AWS, 0, 42, []bench.Scenario{bench.Individual}, 10
	r := &bench.Record{SchemaVersion: bench.SchemaVersion, Thresholds: []bench.Threshold{}, Run: bench.Run{
		ID: "01M850BJEVW2N143JB0YS2GE2T", Status: bench.Complete, StartedAt: began, EndedAt: began.Add(90 * time.Second),
		Target: bench.AWS, Seed: 42, Config: c, Warnings: []string{}, Versions: map[string]string{},
		Function: &bench.Function{Name: "dsql-load-test", Architecture: "arm64", MemoryMB: 1024, Cluster: testCluster + ".dsql.us-east-1.on.aws"},
	}}
	p := c.Plans(r.Run.ID)[0]
	results := make([]bench.Result, p.Load.NumLambdas)
	for i := range results {
		h := latency.New()
		for range 10 {
			h.Record(5 * time.Millisecond)
		}
		snapshot, err := h.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		results[i] = bench.Result{Index: i, Outcome: bench.Acknowledged, Sent: began, Ended: began.Add(time.Second), Response: &bench.Response{
			DurationMs: 900, Attempts: 11, Retried: map[string]int64{"40001": 1}, Latency: snapshot, Statements: &bench.Account{Planned: 10, Acknowledged: 10},
		}}
	}
	var err error
	if r.Scenario1, err = sum.Of(p, results); err != nil {
		t.Fatal(err)
	}
	r.Scenario1.Billed = &bench.Billed{Invocations: 10, BilledSeconds: 9, MemoryMB: 1024}
	return r
}

// written writes a record's results file.
func written(t *testing.T, r *bench.Record) string {
	t.Helper()
	path, err := report.Create(t.TempDir(), r)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// cloudWatchOf serves metrics of the minutes in which the run was at work.
func cloudWatchOf(t *testing.T, r *bench.Record) *awsapi.CloudWatch {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	server := awsapi.NewCloudWatch(t)
	t.Setenv("AWS_ENDPOINT_URL_CLOUDWATCH", server.URL)
	at := r.Run.StartedAt.Truncate(time.Minute)
	cluster := func(name, statistic string, values ...float64) {
		server.Put(awsapi.CloudWatchSeries{Namespace: cloudwatch.Cluster, Metric: name, Statistic: statistic, Dimension: "ClusterId=" + testCluster}, at, time.Minute, values...)
	}
	function := func(name, statistic string, values ...float64) {
		server.Put(awsapi.CloudWatchSeries{Namespace: cloudwatch.Function, Metric: name, Statistic: statistic, Dimension: "FunctionName=dsql-load-test"}, at, time.Minute, values...)
	}
	cluster("TotalTransactions", "Sum", 80, 45)
	cluster("OccConflicts", "Sum", 9, 3)
	cluster("CommitLatency", "Average", 4.5, 5.5)
	cluster("BytesWritten", "Sum", 70_000, 35_000)
	cluster("TotalDPU", "Sum", 5, 1.25)
	function("Invocations", "Sum", 8, 2)
	function("Errors", "Sum", 0, 0)
	function("Throttles", "Sum", 0, 0)
	function("ConcurrentExecutions", "Maximum", 10, 2)
	for event, sessions := range map[string]float64{"Commit": 0.6, "OnCpu": 0.2} {
		server.PutSessions(awsapi.SessionSample{Cluster: testCluster, Application: "dsqlload/" + r.Run.ID, Event: event, At: at.Add(time.Minute), Value: sessions})
	}
	return server
}

// recently is the start of a run whose metrics are all there.
func recently() time.Time {
	return time.Now().Add(-20 * time.Minute).Truncate(time.Minute).Add(30 * time.Second)
}

// cloudWatchCommand runs the command and returns what it printed and its code.
func cloudWatchCommand(ctx context.Context, args ...string) (stdout, stderr string, code int) {
	var out, log strings.Builder
	cmd := cloudwatchCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetOut(&out)
	cmd.SetErr(&log)
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(ctx); err != nil {
		code = exitUsage
		if exit := new(exitError); errors.As(err, &exit) {
			code = exit.code
			err = exit.err
		}
		complain(&log, err)
	}
	return out.String(), log.String(), code
}

// text is a file's.
func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCloudWatchCommand(t *testing.T) {
	r := onAWS(t, recently())
	server := cloudWatchOf(t, r)
	path := written(t, r)
	before, err := report.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	page := strings.TrimSuffix(path, ".json") + ".html"
	if err := report.WriteFile(page, func(w io.Writer) error { return html.Write(w, before) }); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := cloudWatchCommand(t.Context(), path)
	if !strings.Contains(stderr, "made again: "+page+"\n") || !strings.Contains(text(t, page), "TotalTransactions") {
		t.Errorf("the page isn't made again: %s", stderr)
	}
	if code != exitComplete || !strings.Contains(stdout, "TotalTransactions") || !strings.Contains(stderr, "CloudWatch's metrics are not in Prometheus: the collector at http://127.0.0.1:1 ") {
		t.Fatalf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	after, err := report.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if c := after.CloudWatch; c == nil || !c.Complete || c.Problem != "" || cloudwatch.Points(c) != 18 {
		t.Errorf("CloudWatch in the file: %+v", c)
	}
	if w := after.CloudWatch.WaitEvents; w.Problem != "" || len(w.Events) != 2 || w.Events[0].Name != "Commit" || w.Events[0].Sessions != 0.3 {
		t.Errorf("wait events in the file: %+v", w)
	}
	// 6.25 DPU at $8 a million, 9 GB seconds, 10 requests.
	if c := after.Cost; c == nil || c.Actual == nil || c.Actual.DPU == nil || *c.Actual.DPU != 6.25 || c.Actual.Requests != 10 || c.Actual.GBSeconds != 9 {
		t.Errorf("cost in the file: %+v", c)
	}
	after.CloudWatch, after.Cost = nil, nil
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("something else changed: -before +after\n%s", diff)
	}
	stdout, _, code = cloudWatchCommand(t.Context(), path, "--json")
	var got struct {
		CloudWatch *bench.CloudWatch
		Comparison []cloudwatch.Comparison
		Cost       *bench.Cost
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitComplete {
		t.Fatalf("exit code %d, %v\n%s", code, err, stdout)
	}
	if cloudwatch.Points(got.CloudWatch) != 18 || got.Cost.Actual == nil || len(got.Comparison) != 6 || !got.Comparison[0].OK || got.Comparison[1].OK {
		t.Errorf("%+v", got)
	}
	if n := len(server.Requests()); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

// TestCloudWatchText is of a record that holds what was fetched.
func TestCloudWatchText(t *testing.T) {
	began := time.Date(2026, 11, 23, 20, 0, 30, 0, time.UTC)
	r := onAWS(t, began)
	cloudWatchOf(t, r)
	prices, err := cost.Read("")
	if err != nil {
		t.Fatal(err)
	}
	fetched := func(after time.Duration) cloudwatch.Measurement {
		return cloudwatch.Measurement{Prices: prices, Now: func() time.Time { return began.Add(after) }, Log: os.Stderr}
	}
	m := fetched(time.Hour)
	if err := m.Fetch(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	golden(t, cloudwatch.Text(r, &cloudwatch.Sent{Points: 18, Endpoint: "localhost:4317"}), "cloudwatch", "complete.golden.txt")
	early := onAWS(t, began)
	early.Scenario1.Billed = nil
	early.Run.Function.Cluster = ""
	m = fetched(2 * time.Minute)
	if err := m.Fetch(t.Context(), early); err != nil {
		t.Fatal(err)
	}
	golden(t, cloudwatch.Text(early, nil), "cloudwatch", "early.golden.txt")
}

func TestCloudWatchRefusals(t *testing.T) {
	denied := awsapi.CloudWatchFailure{Status: http.StatusForbidden, Code: "AccessDenied", Message: "not authorized"}
	for _, c := range []struct {
		name    string
		change  func(*bench.Record)
		args    []string
		deny    bool
		code    int
		stderr  string
		stdout  string
		changed bool // the file
		promQL  int  // status of a refusal
	}{
		{name: "a local run", change: func(r *bench.Record) { r.Run.Target = bench.Local }, code: exitUsage, stderr: "the run's target was local: CloudWatch measures only what runs on AWS"},
		{name: "no end", change: func(r *bench.Record) { r.Run.EndedAt, r.Scenario1 = time.Time{}, nil }, code: exitUsage, stderr: "the results don't say when the run began and ended"},
		{name: "not a cluster", args: []string{"--cluster", "localhost"}, code: exitUsage, stderr: "--cluster = localhost: must be a cluster's endpoint"},
		{name: "no prices", args: []string{"--prices", "/nowhere.json"}, code: exitUsage, stderr: "--prices: prices: open /nowhere.json"},
		{name: "access denied", deny: true, code: exitIncomplete, stderr: "lacks the action cloudwatch:GetMetricData", changed: true},
		{
			name: "access denied, fetched before", deny: true, code: exitIncomplete, stderr: "hint: what was fetched at 2026-11-23T21:00:00Z stays",
			change: func(r *bench.Record) {
				r.CloudWatch = &bench.CloudWatch{FetchedAt: time.Date(2026, 11, 23, 21, 0, 0, 0, time.UTC), Metrics: []bench.CloudWatchMetric{{Points: []bench.CloudWatchPoint{{Value: 1}}}}}
			},
		},
		{
			name: "PromQL denied", promQL: http.StatusForbidden, code: exitComplete, changed: true,
			stdout: "not available: CloudWatch refuses PromQL: the caller needs the actions cloudwatch:GetMetricData and cloudwatch:ListMetrics (HTTP status 403: no)",
		},
		{name: "another cluster", args: []string{"--cluster", strings.Repeat("z", 26)}, code: exitIncomplete, stderr: "CloudWatch has no data of the cluster zzzzzzzzzzzzzzzzzzzzzzzzzz", changed: true},
		{name: "another region", args: []string{"--region", "eu-west-1", "--cluster", strings.Repeat("z", 26)}, code: exitIncomplete, stderr: "in eu-west-1", changed: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := onAWS(t, recently())
			if c.change != nil {
				c.change(r)
			}
			server := cloudWatchOf(t, r)
			if c.deny {
				server.Fail(denied)
			}
			if c.promQL != 0 {
				server.RefusePromQL(awsapi.PromQLRefusal{Status: c.promQL, Body: `{"message": "no"}`})
			}
			path := written(t, r)
			before := text(t, path)
			stdout, stderr, code := cloudWatchCommand(t.Context(), append(c.args, path)...)
			if code != c.code || !strings.Contains(stderr, c.stderr) || !strings.Contains(stdout, c.stdout) {
				t.Errorf("exit code %d, want %d with %q and %q\n%s\n%s", code, c.code, c.stderr, c.stdout, stdout, stderr)
			}
			if changed := text(t, path) != before; changed != c.changed {
				t.Errorf("the file changed: %v, want %v", changed, c.changed)
			}
		})
	}
}

// TestCloudWatchThreshold: a threshold that the run couldn't check is checked when the metrics are there.
func TestCloudWatchThreshold(t *testing.T) {
	r := onAWS(t, recently())
	r.Run.Config.Thresholds = []string{"cloudwatch.occ_conflicts<=12", "cloudwatch.active_sessions<0.3", "cloudwatch.bytes_read<1"}
	cloudWatchOf(t, r) // 12 conflicts, 0.4 sessions, no bytes
	path := written(t, r)
	if _, _, code := cloudWatchCommand(t.Context(), path); code != exitComplete {
		t.Fatalf("exit code %d", code)
	}
	after, err := report.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var met []bool
	for _, h := range after.Thresholds {
		met = append(met, h.OK)
	}
	if diff := cmp.Diff([]bool{true, false, false}, met); diff != "" {
		t.Errorf("met, -want +got\n%s", diff)
	}
	missed := strings.Join(report.Missed(after), "; ")
	for _, want := range []string{"cloudwatch.active_sessions", "0.4", "cloudwatch.bytes_read", "CloudWatch has none of this metric"} {
		if !strings.Contains(missed, want) {
			t.Errorf("no %q in %s", want, missed)
		}
	}
}

func TestCloudWatchOtherFiles(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "not JSON": "{", "another tool's": `{"a": 1}`} {
		path := filepath.Join(t.TempDir(), "results.json")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, stderr, code := cloudWatchCommand(t.Context(), path); code != exitUsage || !strings.Contains(stderr, path) {
			t.Errorf("%s: exit code %d\n%s", name, code, stderr)
		}
		if text(t, path) != content {
			t.Errorf("%s: the file changed", name)
		}
	}
}

// TestCloudWatchWaitEnds: after an interrupt during the wait the file is unchanged.
func TestCloudWatchWaitEnds(t *testing.T) {
	r := onAWS(t, time.Now().Add(-time.Minute))
	server := cloudWatchOf(t, r)
	path := written(t, r)
	before := text(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, stderr, code := cloudWatchCommand(ctx, path, "--wait")
	if code != exitInterrupted || !strings.Contains(stderr, "waiting for CloudWatch: all of the run's metrics are there in ") || text(t, path) != before || len(server.Requests()) != 0 {
		t.Errorf("exit code %d, %d calls\n%s", code, len(server.Requests()), stderr)
	}
}
