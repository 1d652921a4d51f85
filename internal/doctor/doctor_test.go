package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/bench"
)

// scene is a test's account, run and environment.
type scene struct {
	account awsapi.Account
	options Options
	env     map[string]string
}

// function changes the account's function.
func (s *scene) function(change func(*awsapi.Function)) {
	f := s.account.Functions["dsql-load-test"]
	f.Environment = maps.Clone(f.Environment)
	change(&f)
	s.account.Functions["dsql-load-test"] = f
}

// reserved gives the function concurrency of its own.
func (s *scene) reserved(n int) { s.function(func(f *awsapi.Function) { f.Reserved = &n }) }

// check runs the doctor in the scene, and makes sure that nothing was invoked.
func (s *scene) check(t *testing.T) *Report {
	t.Helper()
	server := start(t, s.account)
	for name, value := range s.env {
		t.Setenv(name, strings.ReplaceAll(value, "SERVER", server.URL))
	}
	begun := time.Now()
	r := Run(context.Background(), s.options)
	if took := time.Since(begun); took > patience {
		t.Errorf("took %s", took)
	}
	notInvoked(t, server)
	hide := strings.NewReplacer(server.URL, "SERVER", strings.TrimPrefix(server.URL, "http://"), "SERVER",
		":"+os.Getenv(clusterPort), ":PORT", clusterID, "CLUSTER")
	for i := range r.Checks {
		r.Checks[i].Text, r.Checks[i].Cure = hide.Replace(r.Checks[i].Text), hide.Replace(r.Checks[i].Cure)
	}
	return r
}

// wrong are the checks that found something, as "state name: text | cure". What
// was skipped since telemetry is off isn't told.
func wrong(r *Report) (all []string) {
	for _, c := range r.Checks {
		if c.State == OK || c.Text == "telemetry is off" {
			continue
		}
		line := string(c.State) + " " + c.Name + ": " + c.Text
		if c.Cure != "" {
			line += " | " + c.Cure
		}
		all = append(all, line)
	}
	return all
}

func TestHealthy(t *testing.T) {
	s := &scene{account: account(), options: options()}
	r := s.check(t)
	if got := wrong(r); got != nil || r.Failed() || r.Err() != nil {
		t.Errorf("found %v, %v", got, r.Err())
	}
	got := map[string]string{}
	for _, c := range r.Checks {
		got[c.Name] = c.Text
	}
	delete(got, "open files") // the machine's
	off := "telemetry is off"
	want := map[string]string{
		"credentials":    "from EnvConfigCredentials",
		"region":         "us-east-1 (the default)",
		"identity":       "arn:aws:iam::123456789012:user/engineer, account 123456789012",
		"function":       "dsql-load-test $LATEST: provided.al2023, arm64, 1,024 MB, 9.4 MB of code",
		"architecture":   "arm64",
		"time-out":       "5m0s, of which 4m58s can be used; an invocation of the plan needs about 1.992s (20ms a statement, 800µs each further row, 1s to start)",
		"environment":    "CLUSTER.dsql.us-east-1.on.aws dialed at 127.0.0.1, user load_test, database postgres",
		"concurrency":    "100 in flight, 900 of the account's 1,000 unreserved",
		"cluster":        "CLUSTER is ACTIVE",
		"connection":     "127.0.0.1:PORT answers, TLS verified for CLUSTER.dsql.us-east-1.on.aws",
		"login":          got["login"], // whose version is PostgreSQL's,
		"table":          "car_entities_schema.business_events, rights for the driver and the function's user load_test",
		"connect budget": "100 connections at once, 1,000 are admitted in a burst",
		"collector":      off, "prometheus": off, "jaeger": off, "grafana": off,
	}
	if diff := cmp.Diff(want, got); diff != "" || !strings.HasSuffix(got["login"], " as admin, token accepted") {
		t.Errorf("-want +got\n%s", diff)
	}
	function := &bench.Function{
		Name: "dsql-load-test", Runtime: "provided.al2023", Architecture: "arm64", MemoryMB: 1024, TimeoutSeconds: 300,
		Version: "$LATEST", CodeSHA256: "z0Kk9MRC0gHS0Wwq8QzJCN2nHgZqk3LgXzWJvB1gK1E=", Cluster: clusterHost,
	}
	if diff := cmp.Diff(function, r.Function); diff != "" || r.Account != "123456789012" || r.Region != "us-east-1" {
		t.Errorf("account %s in %s, -want +got\n%s", r.Account, r.Region, diff)
	}
}

// The questions are few, and each is asked once.
func TestQuestions(t *testing.T) {
	server := start(t, account())
	Run(context.Background(), options())
	want := map[string]int{
		"sts:GetCallerIdentity": 1, "lambda:GetFunctionConfiguration": 1, "lambda:GetFunctionConcurrency": 1,
		"lambda:GetAccountSettings": 1, "dsql:GetCluster": 1,
	}
	if diff := cmp.Diff(want, server.Calls()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// The report's failed checks are lines for the console, each with its hint.
func TestErr(t *testing.T) {
	s := &scene{account: account(), options: options()}
	s.function(func(f *awsapi.Function) { f.Architecture, f.TimeoutSeconds = "x86_64", 2 })
	r := s.check(t)
	lines := strings.Split(r.Err().Error(), "\n")
	var got []string
	for _, l := range lines {
		before, _, _ := strings.Cut(l, ":")
		got = append(got, before)
	}
	if diff := cmp.Diff([]string{"architecture", "hint", "time-out", "hint"}, got); diff != "" || !r.Failed() {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestText(t *testing.T) {
	r := &Report{Target: bench.AWS, Checks: []Check{
		{Name: "credentials", State: OK, Text: "from SSOProvider"},
		{Name: "function", State: Failed, Text: "there is no function x in y", Cure: "sam deploy"},
		{Name: "jaeger", State: Warning, Text: "localhost:16686 refuses connections", Cure: "docker compose up -d"},
		{Name: "table", State: Skipped, Text: "not looked at without a login"},
	}}
	var b strings.Builder
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	const want = `ok       credentials  from SSOProvider
failed   function     there is no function x in y
                      cure: sam deploy
warning  jaeger       localhost:16686 refuses connections
                      cure: docker compose up -d
skipped  table        not looked at without a login

1 failed, 1 warning, 1 ok, 1 skipped
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	text, err := json.Marshal(r)
	const wantJSON = `{"target":"aws","target_from":"","region":"","account":"","checks":[` +
		`{"name":"credentials","state":"ok","text":"from SSOProvider","cure":""},` +
		`{"name":"function","state":"failed","text":"there is no function x in y","cure":"sam deploy"},` +
		`{"name":"jaeger","state":"warning","text":"localhost:16686 refuses connections","cure":"docker compose up -d"},` +
		`{"name":"table","state":"skipped","text":"not looked at without a login","cure":""}],"function":null}`
	if diff := cmp.Diff(wantJSON, string(text)); err != nil || diff != "" {
		t.Errorf("%v, -want +got\n%s", err, diff)
	}
	full := errors.New("full")
	if err := r.Text(writer(func([]byte) (int, error) { return 0, full })); !errors.Is(err, full) {
		t.Errorf("a full disk is %v", err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
