package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The two parts of the planted password; a special character stands between them.
const firstPart, secondPart = "gehe1m", "te1l7890"

// specials are the characters that mean something in a URL, a connection text, a
// shell or a terminal.
func specials() []string {
	return []string{"@", "/", "#", "%", "?", ":", "[", "]", "&", "=", "+", " ", "'", `"`, "`", "$", `\`, ",", ";", "\n", "\t", "\x1b", "ä", "漢", "@@", ":@", "%40", "://", "xy", ""}
}

// planted is where a password is put: in the environment, on the command line, or in
// a file, whose path is FILE in both.
type planted struct {
	name string
	env  func(password string) map[string]string
	args func(password string) []string
	slow bool   // only the first few characters are tried
	file string // its text, PW being the password
}

// places are all the ways in that an address or a secret has, with databases and
// services that do not exist.
func places(t *testing.T) []planted {
	t.Helper()
	flags := func(args ...string) func(string) []string {
		return func(password string) []string {
			all := make([]string, len(args))
			for i, arg := range args {
				all[i] = strings.ReplaceAll(arg, "PW", password)
			}
			return all
		}
	}
	variable := func(name, value string) func(string) map[string]string {
		return func(password string) map[string]string {
			return map[string]string{name: strings.ReplaceAll(value, "PW", password)}
		}
	}
	all := []planted{
		{name: "DSQLLOAD_DATABASE_URL", env: variable("DSQLLOAD_DATABASE_URL", "postgres://me:PW@127.0.0.1:1/db"), args: flags("run", "--dry-run")},
		{name: "--endpoint-url, run", args: flags("run", "--warm-up", "0", "--endpoint-url", "http://me:PW@127.0.0.1:1")},
		{name: "--endpoint-url, doctor", args: flags("doctor", "--endpoint-url", "http://me:PW@127.0.0.1:1", "--telemetry", "off")},
		{name: "--prometheus-url", args: flags("run", "--dry-run", "--prometheus-url", "http://me:PW@127.0.0.1:1")},
		{name: "--jaeger-url, doctor", args: flags("doctor", "--jaeger-url", "http://me:PW@127.0.0.1:1/?token=PW", "--prometheus-url", "", "--grafana-url", "http://PW@127.0.0.1:1")},
		{name: "--cluster, a URL", args: flags("schema", "--apply", "--cluster", "postgres://me:PW@h/db")},
		{name: "--cluster, a query", args: flags("verify", "x.json", "--cluster", "postgres://me@h/db?password=PW")},
		{name: "--target", args: flags("run", "--target", "postgres://me:PW@127.0.0.1:1/db")},
		{name: "--config", args: flags("run", "--dry-run", "--config", "postgres://me:PW@127.0.0.1:1/db")},
		{name: "--prices", args: flags("run", "--dry-run", "--prices", "postgres://me:PW@127.0.0.1:1/db")},
		{name: "--fault", args: flags("run", "--dry-run", "--fault", "postgres://me:PW@127.0.0.1:1/db")},
		{name: "--threshold", args: flags("run", "--dry-run", "--threshold", "postgres://me:PW@127.0.0.1:1/db")},
		{name: "--fault, keywords", args: flags("run", "--dry-run", "--fault", "user=me password='PW'")},
		{name: "--threshold, keywords", args: flags("run", "--dry-run", "--threshold", "user=me password=PW")},
		{name: "--seed", args: flags("run", "--dry-run", "--seed", "postgres://me:PW@127.0.0.1:1/db")},
		{name: "an unknown flag", args: flags("run", "--databse-url=postgres://me:PW@127.0.0.1:1/db")},
		{name: "an argument", args: flags("run", "postgres://me:PW@127.0.0.1:1/db")},
		{name: "a command", args: flags("postgres://me:PW@127.0.0.1:1/db")},
		{name: "a file", args: flags("report", "postgres://me:PW@127.0.0.1:1/db")},
		{name: "OTLP endpoint", env: variable("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:PW@127.0.0.1:1"), args: flags("doctor", "--telemetry", "relay", "--prometheus-url", "", "--jaeger-url", "", "--grafana-url", "")},
		{"OTLP endpoint, run", variable("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:PW@127.0.0.1:1"), flags("run", "--telemetry", "relay", "--endpoint-url", "http://127.0.0.1:1", "--warm-up", "0"), true, ""},
		{name: "OTLP headers", env: variable("OTEL_EXPORTER_OTLP_HEADERS", "authorization=PW,PW"), args: flags("run", "--telemetry-required", "--endpoint-url", "http://127.0.0.1:1", "--warm-up", "0")},
		{name: "proxy", env: variable("HTTPS_PROXY", "http://me:PW@127.0.0.1:1"), args: flags("doctor", "--target", "aws", "--telemetry", "off")},
		{name: "AWS endpoint", env: variable("AWS_ENDPOINT_URL", "http://me:PW@127.0.0.1:1"), args: flags("run", "--target", "aws", "--warm-up", "0")},
		{name: "AWS endpoint, token", env: variable("AWS_ENDPOINT_URL_STS", "http://me:PW@127.0.0.1:1"), args: flags("token", "--cluster", "x.dsql.us-east-1.on.aws")},
		{name: "AWS secret", env: variable("AWS_SECRET_ACCESS_KEY", "PW"), args: flags("run", "--target", "aws", "--warm-up", "0")},
		{name: "AWS session token", env: variable("AWS_SESSION_TOKEN", "PW"), args: flags("doctor", "--target", "aws", "--telemetry", "off")},
		{name: "a strange variable", env: variable("DSQLLOAD_DATABSE_URL", "postgres://me:PW@127.0.0.1:1/db"), args: flags("run", "--dry-run")},
		{name: "another flag's variable", env: variable("DSQLLOAD_NUM_LAMBDAS", "postgres://me:PW@127.0.0.1:1/db"), args: flags("run", "--dry-run")},
		{name: "PGSSLKEY", env: variable("PGSSLKEY", "PW"), args: flags("schema", "--apply", "--database-url", "postgres://me@127.0.0.1:1/db?sslmode=require&sslcert=FILE")},
		{name: "PGSSLKEY, a key", env: variable("PGSSLKEY", "-----BEGIN PRIVATE KEY-----\nPW\n-----END PRIVATE KEY-----"), args: flags("run", "--dry-run", "--database-url", "postgres://me@127.0.0.1:1/db?sslmode=require&sslcert=FILE")},
		{name: "sslkey", args: flags("schema", "--apply", "--database-url", "host=127.0.0.1 port=1 sslmode=require sslcert=FILE sslkey='-----BEGIN PRIVATE KEY-----\nPW\n-----END PRIVATE KEY-----'")},
		{name: "AWS web identity", env: variable("AWS_WEB_IDENTITY_TOKEN_FILE", "PW"), args: flags("doctor", "--target", "aws", "--telemetry", "off")},
		{name: "PGPASSWORD", env: variable("PGPASSWORD", "PW"), args: flags("schema", "--apply", "--database-url", "postgres://me@127.0.0.1:1/db?sslmode=maybe")},
	}
	all = append(all, plantedTelemetry(variable, flags)...)
	all = append(all, plantedFiles(variable, flags)...)
	for _, name := range []string{"DSQLLOAD_ENDPOINT_URL", "DSQLLOAD_PROMETHEUS_URL", "DSQLLOAD_JAEGER_URL", "DSQLLOAD_GRAFANA_URL", "DSQLLOAD_CLUSTER"} {
		all = append(all, planted{name: name, env: variable(name, "http://me:PW@127.0.0.1:1/?token=PW"), args: flags("run", "--dry-run")})
	}
	for _, command := range []string{"verify", "cleanup", "compare", "history", "cost", "cloudwatch"} {
		all = append(all,
			planted{name: command + " of an address", args: flags(command, "postgres://me:PW@127.0.0.1:1/db")},
			planted{name: command + " with an address", args: flags(command, "x.json", "--database-url", "postgres://me:PW@127.0.0.1:1/db")})
	}
	for form, address := range map[string]string{
		"URL": "postgres://me:PW@127.0.0.1:1/db", "URL without host": "postgres://me:PW:/db", "URL with a number before": "postgres://me:123PW@127.0.0.1:1/db",
		"bad port": "postgres://me:PW@127.0.0.1:port/db", "bad setting": "postgres://me:PW@127.0.0.1:1/db?sslmode=maybe",
		"query": "postgres://me@127.0.0.1:1/db?password=PW", "query before others": "postgres://me@127.0.0.1:1/db?sslpassword=PW&sslmode=disable",
		"keywords": "host=127.0.0.1 port=1 password=PW user=me", "quoted keywords": "host=127.0.0.1 port=1 sslpassword='PW' user=me", "no service": "host=127.0.0.1 password='PW' service=none",
		"no scheme": "me:PW@127.0.0.1:1/db", "another scheme": "mysql://me:PW@127.0.0.1:1/db", "one slash": "postgres:/me:PW@127.0.0.1:1/db",
	} {
		all = append(all,
			planted{name: "schema, " + form, args: flags("schema", "--apply", "--database-url", address)},
			planted{name: "run, " + form, args: flags("run", "--dry-run", "--database-url", address)})
	}
	return all
}

type withPassword[T any] = func(password string) T

// plantedTelemetry are the places of telemetry, with a collector that nobody is.
func plantedTelemetry(variable func(name, value string) withPassword[map[string]string], flags func(args ...string) withPassword[[]string]) (all []planted) {
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20PW", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "a=b,authorization=PW", "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "PW",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://me:PW@127.0.0.1:1", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "https://PW@127.0.0.1:1",
		"OTEL_EXPORTER_OTLP_CLIENT_KEY": "PW", "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": "-----BEGIN PRIVATE KEY-----\nPW\n-----END PRIVATE KEY-----",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "me:PW@127.0.0.1:1", "OTEL_RESOURCE_ATTRIBUTES": "authorization=PW%zz,PW",
	} {
		all = append(all, planted{
			name: name + ", doctor", env: variable(name, value),
			args: flags("doctor", "--telemetry", "relay", "--prometheus-url", "", "--jaeger-url", "", "--grafana-url", ""),
		}, planted{
			name: name + ", run", env: variable(name, value), slow: true,
			args: flags("run", "--telemetry", "auto", "--endpoint-url", "http://127.0.0.1:1", "--warm-up", "0"),
		})
	}
	return all
}

// plantedFiles are the places in files: of AWS, of PostgreSQL, of ours.
func plantedFiles(variable func(name, value string) withPassword[map[string]string], flags func(args ...string) withPassword[[]string]) []planted {
	aws := func(more ...string) withPassword[map[string]string] {
		return func(password string) map[string]string {
			env := map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
			for i := 0; i < len(more); i += 2 {
				env[more[i]] = strings.ReplaceAll(more[i+1], "PW", password)
			}
			return env
		}
	}
	token, doctor := flags("token", "--cluster", "x.dsql.us-east-1.on.aws"), flags("doctor", "--target", "aws", "--telemetry", "off")
	var all []planted
	for name, text := range map[string]string{
		"credentials": "[default]\naws_access_key_id = AKIA\naws_secret_access_key = PW\naws_session_token = PW\n", "credentials without =": "[default]\naws_access_key_id = AKIA\naws_secret_access_key PW\n",
		"credentials, broken": "[default\naws_secret_access_key = PW\n[x PW\n",
	} {
		all = append(all, planted{name: name, env: aws("AWS_SHARED_CREDENTIALS_FILE", "FILE"), args: doctor, file: text})
	}
	const printed = "[default]\ncredential_process = /bin/cat FILE\n# PW\n" // what it prints is no JSON
	all = append(all,
		planted{name: "credential_process", env: aws("AWS_CONFIG_FILE", "FILE"), args: token, file: printed},
		planted{name: "credential_process, doctor", env: aws("AWS_CONFIG_FILE", "FILE"), args: doctor, file: printed})
	return append(all,
		planted{"container's credentials", aws("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://me:PW@127.0.0.1:1/?token=PW", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "PW"), token, true, ""},
		planted{"container's credentials, doctor", aws("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://me:PW@127.0.0.1:1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "PW"), doctor, true, ""},
		planted{name: "PGPASSFILE", env: variable("PGPASSFILE", "FILE"), args: flags("schema", "--apply", "--database-url", "postgres://me@127.0.0.1:1/db"), file: "*:*:*:*:PW\nPW\n"},
		planted{name: "PGSERVICEFILE", env: variable("PGSERVICEFILE", "FILE"), args: flags("schema", "--apply", "--database-url", "service=x"), file: "[x]\nhost=127.0.0.1\nport=1\npassword=PW\n"},
		planted{name: "PGSERVICEFILE, broken", env: variable("PGSERVICEFILE", "FILE"), args: flags("schema", "--apply", "--database-url", "service=x"), file: "[x]\npassword=PW\nPW\nhost PW\n"},
		planted{name: "PGSSLPASSWORD", env: variable("PGSSLPASSWORD", "PW"), args: flags("schema", "--apply", "--database-url", "postgres://me@127.0.0.1:1/db?sslmode=require&sslcert=/none&sslkey=/none")},
		planted{name: "config.json", args: flags("run", "--dry-run", "--config", "FILE"), file: `{"database_url": "postgres://me:PW@h/db", "PW": "PW"`},
		planted{name: "results", args: flags("report", "FILE"), file: `{"run": {"id": "postgres://me:PW@h/db"`},
	)
}

// No part of a password that is put anywhere comes out, whatever character it has.
func TestPlantedPassword(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_CONFIG_FILE": "/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
		"DSQLLOAD_NUM_LAMBDAS": "2", "DSQLLOAD_ITERATIONS": "1", // the cost of the default run takes long to calculate
	} {
		t.Setenv(name, value)
	}
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) {
			all := specials()
			if p.slow {
				all = all[:4]
			}
			for i, special := range all {
				if strings.HasSuffix(p.name, "URL without host") && strings.Contains(special, "@") {
					continue // it is one, and what follows the @ is its host
				}
				plantedCase(t, p, special, []string{"text", "json"}[i%2])
			}
		})
	}
}

func plantedCase(t *testing.T, p planted, special, format string) {
	t.Helper()
	password := firstPart + special + secondPart
	file := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(file, []byte(strings.NewReplacer("PW", password, "FILE", file).Replace(p.file)), 0o600); err != nil {
		t.Fatal(err)
	}
	if p.env != nil {
		for name, value := range p.env(password) {
			t.Setenv(name, strings.ReplaceAll(value, "FILE", file))
		}
	}
	folder := t.TempDir()
	t.Chdir(folder)
	args := append(p.args(password), "--log-format", format)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "FILE", file)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var out, log strings.Builder
	code := program(ctx, args, &out, &log)
	if ctx.Err() != nil {
		t.Errorf("%q takes too long", special)
	}
	told := out.String() + log.String()
	if told == "" {
		t.Errorf("%q: exit code %d, and nothing said", special, code)
	}
	for name, text := range filesIn(t, folder) {
		told += "\n" + name + ":\n" + text
	}
	wantNoPart(t, fmt.Sprintf("%q", args), told)
}

// wantNoPart fails where six characters of the planted password are in told.
func wantNoPart(t *testing.T, what, told string) {
	t.Helper()
	const length = 6
	for _, part := range []string{firstPart, secondPart} {
		for from := range len(part) - length + 1 {
			if at := strings.Index(told, part[from:from+length]); at >= 0 {
				t.Errorf("%s: a part of the password came out: ...%s...", what, told[max(0, at-100):min(len(told), at+100)])
				return
			}
		}
	}
}

// filesIn are the texts of all files in a folder.
func filesIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
