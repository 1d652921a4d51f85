package main

import (
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	colmetricpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// listener is a collector that keeps all that it is sent, as text.
type listener struct {
	coltracepb.UnimplementedTraceServiceServer
	mu   sync.Mutex
	text strings.Builder
}

func (l *listener) keep(m proto.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(protojson.Format(m) + "\n")
}

// Export takes spans.
func (l *listener) Export(_ context.Context, r *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	l.keep(r)
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

type pointListener struct {
	colmetricpb.UnimplementedMetricsServiceServer
	of *listener
}

// Export takes points.
func (l pointListener) Export(_ context.Context, r *colmetricpb.ExportMetricsServiceRequest) (*colmetricpb.ExportMetricsServiceResponse, error) {
	l.of.keep(r)
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

// plantedRun is a run, and what is made of it, with a database that asks for the
// planted password.
func plantedRun(t *testing.T, address, front, format string) {
	t.Helper()
	collected, out := listen(t), t.TempDir()
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
	command(exitComplete, "cleanup", results[0], "--database-url", address)
	for name, text := range filesIn(t, out) {
		told.WriteString("\n" + name + ":\n" + text)
	}
	collected.mu.Lock()
	defer collected.mu.Unlock()
	if !strings.Contains(collected.text.String(), "resourceSpans") || !strings.Contains(collected.text.String(), "resourceMetrics") {
		t.Error("the collector was sent nothing")
	}
	wantNoPart(t, address, told.String()+collected.text.String())
}
