package telemetry

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/certtest"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

func TestExported(t *testing.T) {
	t.Parallel()
	both := Signals{true, true}
	for _, tc := range []struct {
		name     string
		vars     []string
		want     Signals
		disabled string
	}{
		{"nothing set", nil, both, ""},
		{"otlp", []string{"OTEL_TRACES_EXPORTER", "otlp", "OTEL_METRICS_EXPORTER", "otlp"}, both, ""},
		{"disabled", []string{"OTEL_SDK_DISABLED", "true"}, Signals{}, "OTEL_SDK_DISABLED=true"},
		{"disabled in capitals", []string{"OTEL_SDK_DISABLED", " TRUE "}, Signals{}, "OTEL_SDK_DISABLED=TRUE"},
		{"none in capitals", []string{"OTEL_TRACES_EXPORTER", "None"}, Signals{Metrics: true}, ""},
		{"false", []string{"OTEL_SDK_DISABLED", "False"}, both, ""},
		{"1 is not true", []string{"OTEL_SDK_DISABLED", "1"}, both, ""},
		{"no traces", []string{"OTEL_TRACES_EXPORTER", "none"}, Signals{Metrics: true}, ""},
		{"no metrics", []string{"OTEL_METRICS_EXPORTER", "none"}, Signals{Traces: true}, ""},
		{
			"neither",
			[]string{"OTEL_TRACES_EXPORTER", "none", "OTEL_METRICS_EXPORTER", "none"},
			Signals{},
			"OTEL_TRACES_EXPORTER=none with OTEL_METRICS_EXPORTER=none",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Exported(telemetrytest.Reader(tc.vars...)); got != tc.want {
				t.Errorf("exported: %+v, want %+v", got, tc.want)
			}
			if got := Disabled(telemetrytest.Reader(tc.vars...)); got != tc.disabled {
				t.Errorf("disabled by %q, want %q", got, tc.disabled)
			}
		})
	}
}

func TestCheckVariables(t *testing.T) {
	t.Parallel()
	certificate, key := certtest.Pair(t)
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	const url, headers = "a URL such as http://localhost:4317, or https:// for TLS", "must be name=value pairs, separated by commas, values percent-encoded"
	const unlike, port = ": it doesn't begin with http:// or https://", ": its host or port can't be one"
	const attributes = "can't be used: must be key=value pairs of UTF-8, separated by commas, values percent-encoded"
	for _, tc := range []struct {
		vars []string
		want string // the faults, one a line
	}{
		{nil, ""},
		{[]string{"OTEL_SDK_DISABLED", "1"}, ""}, // see TestTakenAsFalse
		{[]string{"OTEL_TRACES_EXPORTER", "OTLP", "OTEL_METRICS_EXPORTER", " None "}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_PROTOCOL", "GRPC", "OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP"}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_PROTOCOL", "", "OTEL_EXPORTER_OTLP_TIMEOUT", " ", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "None"}, ""},
		{[]string{"OTEL_SDK_DISABLED", "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT", "::"}, ""},
		{[]string{"OTEL_TRACES_EXPORTER", "console"}, "OTEL_TRACES_EXPORTER = console: must be otlp or none"},
		{[]string{"OTEL_METRICS_EXPORTER", "prometheus"}, "OTEL_METRICS_EXPORTER = prometheus: must be otlp or none"},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4317"}, "OTEL_EXPORTER_OTLP_ENDPOINT = 127.0.0.1:4317: must be " + url + unlike},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317"}, "OTEL_EXPORTER_OTLP_ENDPOINT = localhost:4317: must be " + url + unlike},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:70000"}, "OTEL_EXPORTER_OTLP_ENDPOINT = http://localhost:70000: must be " + url + port},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:geheim@[::1"}, "OTEL_EXPORTER_OTLP_ENDPOINT = http://...: must be " + url + port},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:ge/heim@h:1"}, "OTEL_EXPORTER_OTLP_ENDPOINT = http://...: must be " + url + ": a / stands before its @"},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:p@h:9/x y"}, "OTEL_EXPORTER_OTLP_ENDPOINT = http://...@h:9: must be " + url + ": it has a blank or a control character"},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "unix:"}, "OTEL_EXPORTER_OTLP_ENDPOINT = unix:: must be " + url + ": nothing follows unix:"},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://[::1]:4317"}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "unix:///run/collector.sock"}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", ":4317", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a:1", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://b:2"}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ":4317", "OTEL_TRACES_EXPORTER", "none"}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", ":4317"}, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT = :4317: must be " + url + unlike},
		{[]string{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"}, "OTEL_EXPORTER_OTLP_PROTOCOL = http/protobuf: must be grpc"},
		{[]string{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s"}, "OTEL_EXPORTER_OTLP_TIMEOUT = 10s: must be milliseconds, 1 or more"},
		{[]string{"OTEL_EXPORTER_OTLP_TIMEOUT", "-1"}, "OTEL_EXPORTER_OTLP_TIMEOUT = -1: must be milliseconds, 1 or more"},
		{[]string{"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0"}, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT = 0: must be milliseconds, 1 or more"},
		{[]string{"OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"}, "OTEL_EXPORTER_OTLP_COMPRESSION = zstd: must be gzip or none"},
		{[]string{"OTEL_EXPORTER_OTLP_HEADERS", "api-key=geheim,x=a%20b,"}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_HEADERS", "geheim"}, "OTEL_EXPORTER_OTLP_HEADERS: its entry 1 can't be used: " + headers},
		{[]string{"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=b,c=ge%heim"}, "OTEL_EXPORTER_OTLP_TRACES_HEADERS: its entry 2 can't be used: " + headers},
		{[]string{"OTEL_EXPORTER_OTLP_HEADERS", "a b=geheim"}, "OTEL_EXPORTER_OTLP_HEADERS: its entry 1 can't be used: " + headers},
		{[]string{"OTEL_EXPORTER_OTLP_CERTIFICATE", certificate}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/none"}, "OTEL_EXPORTER_OTLP_CERTIFICATE = /none: must be a file of certificates in PEM form: no such file or directory"},
		{[]string{"OTEL_EXPORTER_OTLP_CERTIFICATE", garbage}, "OTEL_EXPORTER_OTLP_CERTIFICATE = " + garbage + ": must be a file of certificates in PEM form: there is none in it"},
		{[]string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certificate, "OTEL_EXPORTER_OTLP_CLIENT_KEY", key}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certificate}, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE = " + certificate + ": must go with OTEL_EXPORTER_OTLP_CLIENT_KEY, which is not set"},
		{[]string{"OTEL_EXPORTER_OTLP_CLIENT_KEY", key}, "OTEL_EXPORTER_OTLP_CLIENT_KEY = " + key + ": must go with OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, which is not set"},
		{[]string{"OTEL_EXPORTER_OTLP_CLIENT_KEY", "geheim"}, "OTEL_EXPORTER_OTLP_CLIENT_KEY: must go with OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, which is not set"},
		{
			[]string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certificate, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "geheim", "OTEL_METRICS_EXPORTER", "none"},
			"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE = " + certificate + ": must be a certificate in PEM form that fits OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: no such file or directory",
		},
		{[]string{"OTEL_RESOURCE_ATTRIBUTES", "team=load,env=a%20b,"}, ""},
		{[]string{"OTEL_RESOURCE_ATTRIBUTES", "team=load,broken"}, "OTEL_RESOURCE_ATTRIBUTES: its entry 2 " + attributes},
		{[]string{"OTEL_RESOURCE_ATTRIBUTES", "a=geheim%zz"}, "OTEL_RESOURCE_ATTRIBUTES: its entry 1 " + attributes},
		{[]string{"OTEL_RESOURCE_ATTRIBUTES", "a=%ff"}, "OTEL_RESOURCE_ATTRIBUTES: its entry 1 " + attributes},
		{[]string{"OTEL_RESOURCE_ATTRIBUTES", "dsqlload%2Erun.id=x"}, "OTEL_RESOURCE_ATTRIBUTES: its entry 1 can't be used: must be without what begins with dsqlload., which a run says itself"},
		{[]string{"OTEL_SERVICE_NAME", "\xff"}, "OTEL_SERVICE_NAME = \xff: must be UTF-8"},
		{
			[]string{"OTEL_EXPORTER_OTLP_TIMEOUT", "x", "OTEL_EXPORTER_OTLP_ENDPOINT", "x", "OTEL_SDK_DISABLED", "x"},
			"OTEL_EXPORTER_OTLP_ENDPOINT = x: must be " + url + unlike + "\nOTEL_EXPORTER_OTLP_TIMEOUT = x: must be milliseconds, 1 or more",
		},
	} {
		t.Run(strings.Join(tc.vars, " "), func(t *testing.T) {
			var lines []string
			for _, fault := range CheckVariables(telemetrytest.Reader(tc.vars...)) {
				lines = append(lines, fault.Error())
			}
			if diff := cmp.Diff(tc.want, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestTakenAsFalse(t *testing.T) {
	t.Parallel()
	const as = ": must be true or false, and counts as false"
	for _, tc := range []struct {
		vars []string
		want string // the warnings, one a line
	}{
		{nil, ""},
		{[]string{"OTEL_SDK_DISABLED", "FALSE", "OTEL_EXPORTER_OTLP_INSECURE", "True"}, ""},
		{[]string{"OTEL_SDK_DISABLED", "1"}, "OTEL_SDK_DISABLED = 1" + as},
		{[]string{"OTEL_SDK_DISABLED", "true", "OTEL_EXPORTER_OTLP_INSECURE", "yes"}, ""},
		{[]string{"OTEL_EXPORTER_OTLP_INSECURE", "yes"}, "OTEL_EXPORTER_OTLP_INSECURE = yes" + as},
		{[]string{"OTEL_EXPORTER_OTLP_METRICS_INSECURE", "yes"}, "OTEL_EXPORTER_OTLP_METRICS_INSECURE = yes" + as},
		{[]string{"OTEL_EXPORTER_OTLP_METRICS_INSECURE", "yes", "OTEL_METRICS_EXPORTER", "none"}, ""},
	} {
		t.Run(strings.Join(tc.vars, " "), func(t *testing.T) {
			var lines []string
			for _, fault := range TakenAsFalse(telemetrytest.Reader(tc.vars...)) {
				lines = append(lines, fault.Error())
			}
			if diff := cmp.Diff(tc.want, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestIdleVariables(t *testing.T) {
	t.Parallel()
	got := IdleVariables([]string{
		"OTEL_TRACES_SAMPLER=always_off", "OTEL_BSP_SCHEDULE_DELAY=5", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://a", "OTEL_EXPORTER_ZIPKIN_ENDPOINT=http://a",
		"OTEL_METRIC_EXPORT_INTERVAL=1", "OTEL_GO_X_CARDINALITY_LIMIT=1", "OTEL_GO_AUTO_TARGET_EXE=a", "OTEL_LOGS_EXPORTER=none", "OTEL_PROPAGATORS=", "OTEL_PYTHON_ID_GENERATOR=x", "PATH=/bin",
		"OTEL_SDK_DISABLED=false", "OTEL_TRACES_EXPORTER=otlp", "OTEL_METRICS_EXPORTER=otlp", "OTEL_RESOURCE_ATTRIBUTES=a=b", "OTEL_SERVICE_NAME=a",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "OTEL_EXPORTER_OTLP_TRACES_HEADERS=a=b", "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY=a",
	})
	want := []string{"OTEL_BSP_SCHEDULE_DELAY", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_ZIPKIN_ENDPOINT", "OTEL_GO_X_CARDINALITY_LIMIT", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_TRACES_SAMPLER"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// What a process of ours is given of the variables is what it would heed.
func TestUsable(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"none":           {nil, nil},
		"blank":          {map[string]string{"OTEL_SDK_DISABLED": " ", "OTEL_RESOURCE_ATTRIBUTES": ""}, nil},
		"nonsense":       {map[string]string{"OTEL_SDK_DISABLED": "yes", "OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "prometheus", "OTEL_RESOURCE_ATTRIBUTES": "x"}, nil},
		"of an exporter": {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:1", "OTEL_SERVICE_NAME": "x"}, nil},
		"good": {
			map[string]string{"OTEL_SDK_DISABLED": "TRUE", "OTEL_TRACES_EXPORTER": " None", "OTEL_METRICS_EXPORTER": "otlp", "OTEL_RESOURCE_ATTRIBUTES": "a=b"},
			[]string{"OTEL_SDK_DISABLED=TRUE", "OTEL_TRACES_EXPORTER= None", "OTEL_METRICS_EXPORTER=otlp", "OTEL_RESOURCE_ATTRIBUTES=a=b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Usable(func(name string) string { return c.env[name] })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
