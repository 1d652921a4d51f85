package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/lambda"
)

// The test binary is its own execution environment, as the driver is.
func TestMain(m *testing.M) {
	if child.Role() != lambda.Role {
		os.Exit(m.Run())
	}
	lambda.EndWithParent()
	if status, _ := strconv.Atoi(os.Getenv(exitEarly)); status > 0 {
		os.Exit(status)
	}
	awslambda.Start(handle)
}

// exitEarly makes an environment exit with that status before it asks for work.
const exitEarly = "TEST_EXIT_EARLY"

// patience bounds every invocation; only a failing test takes as long.
const patience = 30 * time.Second

// order is the test function's event.
type order struct {
	Do   string // echo, meet, panic, error, exit, large, stderr, or stream: see speech
	Text string
	// meet: leave a file in Folder and wait for N of them.
	Folder string
	N      int
}

// answer is what the function says, unless it is to fail.
type answer struct {
	Pid  int
	Text string
	Name string // the function's, as its environment says
	ARN  string // the one that was invoked
}

type function struct{}

func (function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var o order
	if err := json.Unmarshal(payload, &o); err != nil {
		return nil, err
	}
	switch o.Do {
	case "meet":
		if err := meet(ctx, o.Folder, o.N); err != nil {
			return nil, err
		}
	case "panic":
		panic(o.Text)
	case "error":
		return nil, errors.New(o.Text)
	case "exit":
		os.Exit(3)
	case "large":
		return json.Marshal(strings.Repeat("x", o.N-2)) // with its quotes N bytes
	case "stderr":
		fmt.Fprintln(os.Stderr, o.Text)
	}
	told, _ := lambdacontext.FromContext(ctx)
	return json.Marshal(answer{Pid: os.Getpid(), Text: o.Text, Name: os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), ARN: told.InvokedFunctionArn})
}

// meet returns when n have come to the folder. It heeds no deadline, as a
// function that hangs doesn't.
func meet(ctx context.Context, folder string, n int) error {
	f, err := os.CreateTemp(folder, strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	for {
		there, err := os.ReadDir(folder)
		if err != nil || len(there) >= n {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// fixture is a service with a client.
type fixture struct {
	t       *testing.T
	service *lambda.Service
	client  *sdk.Client
}

func start(t *testing.T, change func(*lambda.Options)) fixture {
	t.Helper()
	o := lambda.Options{FunctionName: "load", Region: "us-east-1", Timeout: patience, EnvConcurrency: 1, ConcurrencyLimit: 10, MemoryMB: 256}
	if change != nil {
		change(&o)
	}
	s, err := lambda.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	client := sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.Endpoint()), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:  &http.Client{Timeout: patience},
	})
	return fixture{t: t, service: s, client: client}
}

func (f fixture) try(o order) (*sdk.InvokeOutput, error) {
	return f.send("load", o, types.LogTypeNone)
}

func (f fixture) send(name string, o order, log types.LogType) (*sdk.InvokeOutput, error) {
	payload, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	return f.client.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: &name, Payload: payload, LogType: log})
}

// ok invokes and wants an answer.
func (f fixture) ok(o order) answer {
	f.t.Helper()
	out, err := f.try(o)
	if err != nil {
		f.t.Fatalf("%s: %v", o.Do, err)
	}
	return f.answerOf(out)
}

func (f fixture) answerOf(out *sdk.InvokeOutput) (a answer) {
	f.t.Helper()
	if out.FunctionError != nil {
		f.t.Fatalf("function error %s: %s", *out.FunctionError, out.Payload)
	}
	if err := json.Unmarshal(out.Payload, &a); err != nil {
		f.t.Fatalf("answer %s: %v", out.Payload, err)
	}
	return a
}

type failure struct{ ErrorType, ErrorMessage string }

// fails invokes and wants FunctionError Unhandled.
func (f fixture) fails(o order) failure {
	f.t.Helper()
	out, err := f.try(o)
	if err != nil {
		f.t.Fatalf("%s: %v", o.Do, err)
	}
	return f.failureOf(out)
}

func (f fixture) failureOf(out *sdk.InvokeOutput) (e failure) {
	f.t.Helper()
	if got := aws.ToString(out.FunctionError); got != "Unhandled" || out.StatusCode != http.StatusOK {
		f.t.Fatalf("status %d, function error %q, want 200 and Unhandled; payload %.200s", out.StatusCode, got, out.Payload)
	}
	if err := json.Unmarshal(out.Payload, &e); err != nil {
		f.t.Fatalf("error payload %.200s: %v", out.Payload, err)
	}
	return e
}

// reply is what became of an invocation sent in the background.
type reply struct {
	out *sdk.InvokeOutput
	err error
}

func (f fixture) background(o order) <-chan reply {
	c := make(chan reply, 1)
	go func() {
		out, err := f.try(o)
		c <- reply{out, err}
	}()
	return c
}

// await waits for a background invocation that Lambda took.
func (f fixture) await(c <-chan reply) *sdk.InvokeOutput {
	f.t.Helper()
	r := eventually.Receive(f.t, "the invocation has ended", c)
	if r.err != nil {
		f.t.Fatal(r.err)
	}
	return r.out
}

// arrived waits until n invocations are in the folder.
func arrived(t *testing.T, folder string, n int) {
	t.Helper()
	eventually.True(t, fmt.Sprintf("%d invocations arrived", n), func() bool {
		there, err := os.ReadDir(folder)
		return err == nil && len(there) >= n
	})
}

// join adds the test itself to the folder.
func join(t *testing.T, folder string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "test"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
