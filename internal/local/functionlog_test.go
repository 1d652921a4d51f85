package local_test

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	"dsql-load-test/internal/local"
)

// text is written to by many goroutines.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (x *text) Write(b []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(b)
}

// What a function logs are lines of its own logger: no library writes beside it, and
// no header is in it.
func TestFunctionLog(t *testing.T) {
	for name, value := range map[string]string{
		"GRPC_GO_LOG_SEVERITY_LEVEL": "info", "GRPC_GO_LOG_VERBOSITY_LEVEL": "99", "GRPC_BINARY_LOG_FILTER": "geheim/", "GODEBUG": "http2debug=2",
		"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20geheim", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "geheim",
		"OTEL_EXPORTER_OTLP_INSECURE": "yes", "LOG_LEVEL": "debug",
	} {
		t.Setenv(name, value)
	}
	var log text
	target, err := local.Start(context.Background(), local.Options{
		FunctionName: "load", Region: "us-east-1", InFlight: 1, FunctionTimeout: patience, Log: &log, OTLPEndpoint: "http://127.0.0.1:1", // nobody listens there
	})
	if err != nil {
		t.Fatal(err)
	}
	client := sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(target.Endpoint), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), HTTPClient: &http.Client{Timeout: patience},
	})
	out, err := client.Invoke(context.Background(), &sdk.InvokeInput{
		FunctionName: aws.String("load"), Payload: []byte(`{"scenario":"individual","count":1,"iterations":1,"run_id":"a-run","telemetry":{"mode":"otlp"}}`),
	})
	if err := target.Stop(); err != nil { // and all of the log is there
		t.Error(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out.Payload), "export_failed") {
		t.Errorf("payload %s, want an export that failed", out.Payload)
	}
	line := regexp.MustCompile(`^time=\S+ level=(DEBUG|INFO|WARN|ERROR) msg=`)
	for l := range strings.Lines(log.b.String()) {
		if !line.MatchString(l) || strings.Contains(l, "geheim") {
			t.Errorf("the log has the line %s", l)
		}
	}
	for _, want := range []string{"OTEL_EXPORTER_OTLP_INSECURE = yes: must be true or false, and counts as false", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"} {
		if strings.Count(log.b.String(), want) != 1 {
			t.Errorf("the log doesn't say once: %s\n%s", want, log.b.String())
		}
	}
}
