package bench_test

import (
	"archive/zip"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// maxZip is the largest size of the function's zip, in bytes: Lambda loads it for each new
// environment.
const maxZip = 15 << 20

// makeLambda runs a target of lambda/Makefile, as a deployment does.
func makeLambda(tb testing.TB, args ...string) {
	tb.Helper()
	out, err := exec.Command("make", append([]string{"-f", "../lambda/Makefile"}, args...)...).CombinedOutput()
	if err != nil {
		tb.Fatalf("make %v: %v\n%s", args, err, out)
	}
}

// TestZip: the zip for the deployment is small, contains only the bootstrap, and a second
// build makes the same zip.
func TestZip(t *testing.T) {
	var made [2]string
	for i := range made {
		folder := t.TempDir()
		makeLambda(t, "package", "DIST="+folder)
		text, err := os.ReadFile(filepath.Join(folder, "lambda-arm64.zip"))
		if err != nil {
			t.Fatal(err)
		}
		made[i] = string(text)
		checkTemplate(t, folder)
	}
	if made[0] != made[1] {
		t.Error("the zip of the same sources is another one the second time")
	}
	if len(made[0]) >= maxZip {
		t.Errorf("the zip has %d bytes, want under %d", len(made[0]), maxZip)
	}
	z, err := zip.NewReader(strings.NewReader(made[0]), int64(len(made[0])))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode() != 0o755 {
		t.Errorf("files %v, want one bootstrap that can be executed", z.File)
	}
}

// checkTemplate: the template beside the zip is lambda/'s with the zip as its code.
func checkTemplate(t *testing.T, folder string) {
	t.Helper()
	var texts [2]string
	for i, path := range []string{"../lambda/template.yaml", filepath.Join(folder, "template.yaml")} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	want := strings.Replace(texts[0], "CodeUri: .\n", "CodeUri: lambda-arm64.zip\n", 1)
	if want == texts[0] || texts[1] != want {
		t.Errorf("the packaged template (-want +got):\n%s", cmp.Diff(want, texts[1]))
	}
}

// TestStarts: the bootstrap asks for an invocation.
func TestStarts(t *testing.T) {
	s := newStarter(t)
	if took := s.start(t); took <= 0 {
		t.Errorf("took %s", took)
	}
}

// BenchmarkColdStart reports the time from the start of the bootstrap's process to its first
// request for an invocation: the median and the slowest. Lambda adds the time for loading the
// code. The median must stay under 60 ms.
func BenchmarkColdStart(b *testing.B) {
	s := newStarter(b)
	s.start(b) // reads the program from disk
	var all []time.Duration
	for b.Loop() {
		all = append(all, s.start(b))
	}
	slices.Sort(all)
	b.ReportMetric(milliseconds(all[len(all)/2]), "ms/start")
	b.ReportMetric(milliseconds(all[len(all)-1]), "max_ms")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// starter starts bootstraps with a Runtime API that never has work.
type starter struct {
	bootstrap, api string
	asked          chan time.Time
}

func newStarter(tb testing.TB) *starter {
	tb.Helper()
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	if runtime.GOOS != "linux" || architecture == "" {
		tb.Skipf("a bootstrap for Lambda can't run on %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	folder := tb.TempDir()
	makeLambda(tb, "build-LoadTestFunction", "ARCHITECTURE="+architecture, "ARTIFACTS_DIR="+folder)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &starter{bootstrap: filepath.Join(folder, "bootstrap"), api: listener.Addr().String(), asked: make(chan time.Time, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(_ http.ResponseWriter, r *http.Request) {
		s.asked <- time.Now()
		<-r.Context().Done()
	})
	server := &http.Server{Handler: mux}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends when the listener is closed below
	}()
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Error(err)
		}
		<-served
	})
	return s
}

// start starts a bootstrap with the environment of a deployed function, kills it after its
// first request, and returns the time until that request.
func (s *starter) start(tb testing.TB) time.Duration {
	cmd := exec.Command(s.bootstrap)
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + s.api, "AWS_LAMBDA_FUNCTION_NAME=dsql-load-test", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "AWS_LAMBDA_LOG_STREAM_NAME=stream", "AWS_EXECUTION_ENV=AWS_Lambda_provided.al2023",
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token",
		"AURORA_DSQL_ENDPOINT=abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws", "DATABASE_NAME=postgres", "IAM_USERNAME=load_test",
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	var asked time.Time
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	select {
	case asked = <-s.asked:
	case <-late.C:
	}
	if err := cmd.Process.Kill(); err != nil {
		tb.Error(err)
	}
	_ = cmd.Wait() // it was killed
	if asked.IsZero() {
		tb.Fatalf("the bootstrap asked for no invocation within a minute\n%s", stderr.String())
	}
	if said := stderr.String(); said != "" {
		tb.Errorf("the bootstrap complained:\n%s", said)
	}
	return asked.Sub(began)
}
