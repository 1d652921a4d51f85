package doctor

import (
	stdcmp "cmp"
	"context"
	"encoding/pem"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/bench"
)

type collector struct {
	coltracepb.UnimplementedTraceServiceServer
}

func (collector) Export(context.Context, *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

// collect starts a collector and answers its address.
func collect(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(s, collector{})
	go func() { _ = s.Serve(l) }() // ends by Stop
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// backend answers 200 at one path, or 503 there when it isn't ready.
func backend(t *testing.T, path string, ready bool) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != path:
			w.WriteHeader(http.StatusNotFound)
		case !ready:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestBackends(t *testing.T) {
	at := collect(t)
	const cure = " | docker compose up -d"
	busy := backend(t, "/api/services", false)
	for name, c := range map[string]struct {
		collector string
		options   func(*Options)
		want      []string
	}{
		"all there": {at, func(o *Options) {
			o.PrometheusURL, o.JaegerURL, o.GrafanaURL = backend(t, "/-/ready", true), backend(t, "/api/services", true)+"/", backend(t, "/api/health", true)
		}, nil},
		"none asked for": {at, func(*Options) {}, []string{
			"skipped prometheus: --prometheus-url is empty", "skipped jaeger: --jaeger-url is empty", "skipped grafana: --grafana-url is empty",
		}},
		"none there": {"127.0.0.1:1", func(o *Options) {
			o.PrometheusURL, o.JaegerURL, o.GrafanaURL = "http://127.0.0.1:1", busy, "http://127.0.0.1:1"
		}, []string{
			"warning collector: no collector answers at http://127.0.0.1:1 (Unavailable): the run goes on unobserved" + cure,
			"warning prometheus: 127.0.0.1:1 refuses connections" + cure + ", or --prometheus-url",
			"warning jaeger: " + busy + "/api/services answers 503" + cure + ", or --jaeger-url",
			"warning grafana: 127.0.0.1:1 refuses connections" + cure + ", or --grafana-url",
		}},
		"a collector is required": {"127.0.0.1:1", func(o *Options) {
			o.Config.TelemetryRequired = true
			o.PrometheusURL, o.JaegerURL, o.GrafanaURL = backend(t, "/-/ready", true), backend(t, "/api/services", true), backend(t, "/api/health", true)
		}, []string{"failed collector: no collector answers at http://127.0.0.1:1 (Unavailable), and --telemetry-required" + cure}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{account: account(), options: options(), env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + c.collector}}
			s.options.Config.Telemetry = bench.TelemetryAuto
			c.options(&s.options)
			if diff := cmp.Diff(c.want, wrong(s.check(t))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// Of the standard variables the doctor says what a run says.
func TestTelemetryVariables(t *testing.T) {
	endpoint := "http://" + collect(t)
	for _, c := range []struct {
		name string
		mode bench.TelemetryMode
		env  map[string]string
		want []string
	}{
		{"no effect", bench.TelemetryAuto, map[string]string{"OTEL_BSP_SCHEDULE_DELAY": "abc", "OTEL_LOGS_EXPORTER": "otlp"}, []string{
			"warning variables: OTEL_BSP_SCHEDULE_DELAY, OTEL_LOGS_EXPORTER: no effect here",
		}},
		{"neither true nor false", bench.TelemetryAuto, map[string]string{"OTEL_SDK_DISABLED": "xx", "OTEL_EXPORTER_OTLP_INSECURE": "x"}, []string{
			"warning variables: OTEL_SDK_DISABLED = xx: must be true or false, and counts as false",
			"warning variables: OTEL_EXPORTER_OTLP_INSECURE = x: must be true or false, and counts as false",
		}},
		{"neither, and no collector", bench.TelemetryRelay, map[string]string{"OTEL_SDK_DISABLED": "xx", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, []string{
			"warning variables: OTEL_SDK_DISABLED = xx: must be true or false, and counts as false",
			"warning collector: no collector answers at http://127.0.0.1:1 (Unavailable): telemetry is kept until the end of the run, which is SUSPECT if it is lost | docker compose up -d",
		}},
		{"can't be used", bench.TelemetryAuto, map[string]string{"OTEL_EXPORTER_OTLP_TIMEOUT": "5s"}, []string{
			"warning variables: OTEL_EXPORTER_OTLP_TIMEOUT = 5s: must be milliseconds, 1 or more: the run goes on unobserved",
			"skipped collector: not looked at: see variables",
		}},
		{"can't be used, and is insisted on", bench.TelemetryRelay, map[string]string{"OTEL_EXPORTER_OTLP_TIMEOUT": "5s"}, []string{
			"failed variables: OTEL_EXPORTER_OTLP_TIMEOUT = 5s: must be milliseconds, 1 or more",
			"skipped collector: not looked at: see variables",
		}},
		{"off", bench.TelemetryOff, map[string]string{"OTEL_BSP_SCHEDULE_DELAY": "abc", "OTEL_SDK_DISABLED": "xx", "OTEL_EXPORTER_OTLP_TIMEOUT": "5s"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options()
			o.Config.Telemetry, o.Deadline = c.mode, patience
			env := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
			maps.Copy(env, c.env)
			o.Getenv = func(name string) string { return env[name] }
			for name, value := range env {
				o.Environ = append(o.Environ, name+"="+value)
			}
			checks := (&exam{o: o}).checkCollector(context.Background())
			for i := range checks {
				checks[i].Name = stdcmp.Or(checks[i].Name, "collector")
			}
			if diff := cmp.Diff(c.want, wrong(&Report{Checks: checks})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// What is silent alone is looked at: with so short a deadline others may be, too.
func TestSilentBackend(t *testing.T) {
	silent := silentPort(t)
	s := &scene{account: account(), options: options()}
	s.options.Config.Telemetry, s.options.Deadline, s.options.GrafanaURL = bench.TelemetryAuto, 500*time.Millisecond, "http://"+silent
	want := "warning grafana: no answer from " + silent + " in time | docker compose up -d, or --grafana-url"
	if got := wrong(s.check(t)); !slices.Contains(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// With nothing answering at all the doctor still ends, by its deadlines: it is
// the questions that it gives up, one round of them.
func TestSilence(t *testing.T) {
	s := &scene{account: account(), options: options()}
	s.account.Silent = []string{
		"sts:GetCallerIdentity", "lambda:GetFunctionConfiguration", "lambda:GetFunctionConcurrency", "lambda:GetAccountSettings", "dsql:GetCluster",
	}
	silent := silentPort(t)
	s.env = map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + silent}
	o := &s.options
	o.Config.Telemetry = bench.TelemetryAuto
	o.PrometheusURL, o.JaegerURL, o.GrafanaURL = "http://"+silent, "http://"+silent, "http://"+silent
	o.Database = cluster(t)
	o.Database.Port = portOf(t, silent)
	begun := time.Now()
	r := s.check(t)
	t.Logf("ended after %s", time.Since(begun).Round(time.Millisecond))
	got := map[State]int{}
	for _, c := range r.Checks {
		got[c.State]++
		if c.State == Failed && !strings.Contains(c.Text, "in time") {
			t.Errorf("%+v", c)
		}
	}
	// identity failed; collector, Prometheus, Jaeger and Grafana warn
	want := map[State]int{OK: 4, Failed: 1, Warning: 4, Skipped: 9}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s\n%v", diff, wrong(r))
	}
}

func TestEndpoint(t *testing.T) {
	open := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(open.Close)
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	silent, authority := silentPort(t), filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: stranger.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ url, want string }{
		"trusted":      {stranger.URL, "ok: " + stranger.URL + " answers"},
		"wrong bundle": {open.URL, "failed: AWS configuration: AWS_CA_BUNDLE = /none: must be a file of certificates in PEM form: no such file or directory"},
		"open":         {open.URL, "ok: " + open.URL + " answers"},
		"silent":       {"http://" + silent, "failed: no answer from " + silent + " in time"},
		"untrusted":    {stranger.URL, "failed: " + stranger.Listener.Addr().String() + ": its certificate isn't trusted: x509: certificate signed by unknown authority"},
		"closed":       {"http://127.0.0.1:1", "failed: 127.0.0.1:1 refuses connections"},
		"not an URL":   {"http://a b", "failed: --endpoint-url http://...: its host or port can't be one"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			o.EndpointURL, o.Deadline = c.url, defaultDeadline
			switch name {
			case "silent":
				o.Deadline = 300 * time.Millisecond
			case "trusted":
				t.Setenv("AWS_CA_BUNDLE", authority)
			case "wrong bundle":
				t.Setenv("AWS_CA_BUNDLE", "/none")
			}
			got := (&exam{o: o}).checkEndpoint(context.Background())
			if text := string(got.State) + ": " + got.Text; text != c.want {
				t.Errorf("%s\nwant %s", text, c.want)
			}
		})
	}
}

// What speaks the Invoke API alone may be invoked, so that it can't be asked
// for its function isn't a failure.
func TestInvokeOnly(t *testing.T) {
	emulator := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(emulator.Close)
	s := &scene{account: account(), options: options()}
	s.options.EndpointURL = emulator.URL
	want := withoutFunction("warning function: " + emulator.URL + " returns nothing about its functions; it may know the Invoke API alone")
	if diff := cmp.Diff(want, wrong(s.check(t))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// --endpoint-url is asked instead of AWS's Lambda, the others are asked where
// they are.
func TestEndpointURL(t *testing.T) {
	lambda := awsapi.Start(account())
	t.Cleanup(lambda.Close)
	s := &scene{account: account(), options: options()}
	s.account.Functions = nil
	s.options.EndpointURL = lambda.URL
	if got := wrong(s.check(t)); got != nil || lambda.Calls()["lambda:GetFunctionConfiguration"] != 1 {
		t.Errorf("found %v, asked %v", got, lambda.Calls())
	}
}

func TestMachine(t *testing.T) {
	if got := enough(3<<30, 2<<30, "free", "less"); got != ok("3.0 GiB free, of which the plan takes about 2.0 GiB") {
		t.Errorf("%+v", got)
	}
	if got := enough(2<<30, 3<<30, "free", "less"); got != warning("less", "2.0 GiB free, and the plan takes about 3.0 GiB") {
		t.Errorf("%+v", got)
	}
	o := options()
	o.TempFolder = filepath.Join(t.TempDir(), "none")
	if got := (&exam{o: o}).checkDisk(context.Background()); got != failed("set TMPDIR to another one", "the temporary folder %s can't be used: no such file or directory", o.TempFolder) {
		t.Errorf("%+v", got)
	}
	o.TempFolder = os.TempDir()
	if got := (&exam{o: o}).checkDisk(context.Background()); !strings.Contains(got.Text, " GiB free in "+os.TempDir()) || !strings.HasSuffix(got.Text, "about 1.2 GiB") {
		t.Errorf("%+v", got)
	}
	if got := (&exam{o: o}).checkMemory(context.Background()); !strings.HasSuffix(got.Text, "about 0.4 GiB") {
		t.Errorf("%+v", got)
	}
	if got := ofPrograms("/usr/bin", nil); got != ok("server programs in /usr/bin") {
		t.Errorf("%+v", got)
	}
	if got := ofPrograms("", errors.New("none")); got.State != Warning || got.Text != "none: the run fetches one" || got.Cure == "" {
		t.Errorf("%+v", got)
	}
}
