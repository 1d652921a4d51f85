package main

import (
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	colmetricpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// listener is a collector that keeps all that it is sent, as text.
type listener struct {
	coltracepb.UnimplementedTraceServiceServer
	mu   sync.Mutex
	text strings.Builder
	keys []string // that exports came with
}

func (l *listener) keep(ctx context.Context, m proto.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(protojson.Format(m) + "\n")
	l.keys = append(l.keys, metadata.ValueFromIncomingContext(ctx, "x-key")...)
}

// Export takes spans.
func (l *listener) Export(ctx context.Context, r *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	l.keep(ctx, r)
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

type pointListener struct {
	colmetricpb.UnimplementedMetricsServiceServer
	of *listener
}

// Export takes points.
func (l pointListener) Export(ctx context.Context, r *colmetricpb.ExportMetricsServiceRequest) (*colmetricpb.ExportMetricsServiceResponse, error) {
	l.of.keep(ctx, r)
	return &colmetricpb.ExportMetricsServiceResponse{}, nil
}

// listen makes the environment's collector one that keeps all.
func listen(t *testing.T) *listener {
	t.Helper()
	l, server := &listener{}, grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(server, l)
	colmetricpb.RegisterMetricsServiceServer(server, pointListener{of: l})
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(port) }) // until it is stopped
	t.Cleanup(func() { server.Stop(); served.Wait() })
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:"+firstPart+"%40"+secondPart+"@"+port.Addr().String())
	return l
}

// commandLines are those of all processes of this machine, as ps shows them.
func commandLines() string {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is good
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil { // else it has ended
			all.Write(text)
		}
	}
	return all.String()
}

// A password that PostgreSQL asks for lets a run in, in every way in that it can be
// given, and comes out nowhere: not as it is and not encoded.
func TestPlantedPasswordOfARun(t *testing.T) {
	socket := startDatabase(t)
	admin, err := pgx.Connect(context.Background(), "postgres:///postgres?user=postgres&host="+socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.Background()) }) // the server ends too
	for i, special := range []string{"@", "/", "#", "%", "?", ":", "[", " ", "'", `"`, `\`, "ä", "\n", "@:/?#[]%"} {
		password := firstPart + special + secondPart
		if _, err := admin.Exec(context.Background(), "ALTER ROLE secretive SUPERUSER PASSWORD '"+strings.ReplaceAll(password, "'", "''")+"'"); err != nil {
			t.Fatal(err)
		}
		quoted := "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password) + "'"
		ways := []struct{ name, address, variable, value string }{
			{"URL", "postgres://secretive:" + url.QueryEscape(strings.ReplaceAll(password, " ", "\x00")) + "@/postgres?host=" + socket, "", ""},
			{"query", "postgres:///postgres?user=secretive&password=" + url.QueryEscape(strings.ReplaceAll(password, " ", "\x00")) + "&host=" + socket, "", ""},
			{"keywords", "user=secretive dbname=postgres password=" + quoted + " host=" + socket, "", ""},
			{"PGPASSWORD", "postgres://secretive@/postgres?host=" + socket, "PGPASSWORD", password},
			{"passfile", "postgres://secretive@/postgres?host=" + socket, "PGPASSFILE", secretFile(t, "*:*:*:*:"+strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(password)+"\n")},
			{"service", "service=planted", "PGSERVICEFILE", secretFile(t, "[planted]\nhost="+socket+"\nuser=secretive\ndbname=postgres\npassword="+password+"\n")},
		}
		way := ways[i%len(ways)]
		if special == "\n" {
			way = ways[0] // a file's line can't hold it
		}
		t.Run(way.name+" "+special, func(t *testing.T) {
			if way.variable != "" {
				t.Setenv(way.variable, way.value)
			}
			front := []string{"on", "off"}[i%2]
			plantedRun(t, strings.ReplaceAll(way.address, "%00", "%20"), front, []string{"text", "json"}[i/2%2])
		})
	}
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// plantOthers sets what else has a secret and is for others: a run needs none of it.
func plantOthers(t *testing.T) {
	t.Helper()
	const secret = firstPart + "%40" + secondPart
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_HEADERS": "X-Key=" + secret, "DSQLLOAD_COLLECTOR_METRICS_URL": "http://me:" + secret + "@127.0.0.1:1/metrics",
		"HTTP_PROXY": "http://me:" + secret + "@127.0.0.1:1", "HTTPS_PROXY": "http://me:" + secret + "@127.0.0.1:1",
		"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": secret, "AWS_CONTAINER_AUTHORIZATION_TOKEN": secret,
		"PGSSLPASSWORD": secret, "OTEL_TRACES_SAMPLER_ARG": secret,
	} {
		t.Setenv(name, value)
	}
}

// plantedRun is a run, and what is made of it, with a database that asks for the
// planted password.
func plantedRun(t *testing.T, address, front, format string) {
	t.Helper()
	collected, out := listen(t), t.TempDir()
	plantOthers(t)
	t.Chdir(t.TempDir())
	var told strings.Builder
	command := func(want int, args ...string) {
		t.Helper()
		code, stdout, stderr := drive(append(args, "--log-format", format)...)
		told.WriteString(stdout + stderr)
		if code != want {
			t.Errorf("%q: exit code %d\n%s%s", args, code, stdout, stderr)
		}
	}
	ended := make(chan struct{})
	lines := make(chan string)
	go func() {
		var all strings.Builder
		for {
			all.WriteString(commandLines())
			select {
			case <-ended:
				lines <- all.String()
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	command(exitComplete, "run", "--database-url", address, "--front", front, "--num-lambdas", "2", "--iterations", "1", "--count", "2", "--warm-up", "1",
		"--telemetry", "relay", "--settle", "0s", "--prometheus-url", "http://me:"+firstPart+"%2F"+secondPart+"@127.0.0.1:1", "--jaeger-url", "", "--out", out,
		"--junit", filepath.Join(out, "junit.xml"), "--threshold", "throughput>0")
	close(ended)
	told.WriteString(<-lines)
	results := resultsFiles(out)
	if len(results) != 1 {
		t.Fatalf("results files %v", results)
	}
	command(exitComplete, "verify", results[0], "--database-url", address)
	for _, form := range []string{"text", "markdown", "csv", "json"} {
		command(exitComplete, "report", results[0], "--format", form)
	}
	command(exitComplete, "history", "--out", out)
	command(exitComplete, "compare", results[0], results[0])
	command(exitComplete, "doctor", "--database-url", address, "--out", out)
	command(exitComplete, "cleanup", results[0], "--database-url", address)
	for name, text := range filesIn(t, out) {
		told.WriteString("\n" + name + ":\n" + text)
	}
	collected.mu.Lock()
	defer collected.mu.Unlock()
	if !strings.Contains(collected.text.String(), "resourceSpans") || !strings.Contains(collected.text.String(), "resourceMetrics") {
		t.Error("the collector was sent nothing")
	}
	if want := firstPart + "@" + secondPart; len(collected.keys) == 0 || slices.ContainsFunc(collected.keys, func(key string) bool { return key != want }) {
		t.Errorf("exports came with the keys %q", collected.keys)
	}
	wantNoPart(t, address, told.String()+collected.text.String())
}
