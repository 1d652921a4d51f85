package lambda_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

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
	awslambda.Start(function{})
}

// exitEarly makes an environment exit with that status before it asks for work.
const exitEarly = "TEST_EXIT_EARLY"

// patience bounds every wait; only a failing test takes as long.
const patience = 30 * time.Second

// order is the test function's event.
type order struct {
	Do   string // echo, meet, panic, error, exit, large, stderr
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
	select {
	case r := <-c:
		if r.err != nil {
			f.t.Fatal(r.err)
		}
		return r.out
	case <-time.After(patience):
		f.t.Fatal("the invocation did not end")
		return nil
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// arrived waits until n invocations are in the folder.
func arrived(t *testing.T, folder string, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d invocations arrived", n), func() bool {
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

func TestFunctionNames(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, tc := range []struct{ name, function string }{
		{"name", "load"},
		{"name and qualifier", "load:$LATEST"},
		{"ARN", "arn:aws:lambda:us-east-1:000000000000:function:load"},
		{"ARN and qualifier", "arn:aws:lambda:us-east-1:000000000000:function:load:$LATEST"},
		{"partial ARN", "000000000000:function:load"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, err := f.send(tc.function, order{Do: "echo", Text: tc.name}, types.LogTypeNone)
			if err != nil {
				t.Fatal(err)
			}
			a := f.answerOf(out)
			if a.Text != tc.name || a.Name != "load" || a.Pid == os.Getpid() {
				t.Errorf("answer %+v, want the text back from function load in another process", a)
			}
			if got := aws.ToString(out.ExecutedVersion); got != "$LATEST" {
				t.Errorf("executed version %q", got)
			}
		})
	}
}

// All names are one function's, and each call tells the ARN of the name invoked.
func TestOtherNames(t *testing.T) {
	t.Parallel()
	const foreign = "arn:aws:lambda:eu-west-1:123456789012:function:theirs"
	f := start(t, func(o *lambda.Options) { o.OtherNames = []string{"mine", foreign + ":live", "load", "my-function"} })
	environments := map[int]bool{}
	for called, arn := range map[string]string{
		"load":                "arn:aws:lambda:us-east-1:000000000000:function:load",
		"my-function:$LATEST": "arn:aws:lambda:us-east-1:000000000000:function:my-function",
		"mine":                "arn:aws:lambda:us-east-1:000000000000:function:mine",
		"arn:aws:lambda:us-east-1:000000000000:function:mine:$LATEST": "arn:aws:lambda:us-east-1:000000000000:function:mine",
		"theirs": foreign + ":live", foreign: foreign + ":live", foreign + ":live": foreign + ":live",
	} {
		out, err := f.send(called, order{Do: "echo"}, types.LogTypeNone)
		if err != nil {
			t.Errorf("%s: %v", called, err)
			continue
		}
		a := f.answerOf(out)
		environments[a.Pid] = true
		if a.ARN != arn || a.Name != "load" {
			t.Errorf("%s: ARN %s of function %s, want %s of load", called, a.ARN, a.Name, arn)
		}
	}
	if len(environments) != 1 {
		t.Errorf("%d environments served calls that came one after the other", len(environments))
	}
	for called, arn := range map[string]string{
		"other": "arn:aws:lambda:us-east-1:000000000000:function:other", "mine:live": "arn:aws:lambda:us-east-1:000000000000:function:mine:live",
		"arn:aws:lambda:eu-west-1:123456789012:function:mine": "arn:aws:lambda:eu-west-1:123456789012:function:mine",
	} {
		_, err := f.send(called, order{Do: "echo"}, types.LogTypeNone)
		missing := new(types.ResourceNotFoundException)
		if !errors.As(err, &missing) || missing.ErrorMessage() != "Function not found: "+arn {
			t.Errorf("%s: %v, want that %s isn't found", called, err, arn)
		}
	}
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"f": true, "my_load-test": true, "f:7": true, "f:live": true, "f:$LATEST": true, "123456789012:function:f": true, "my-function:7": true, "function:f": true,
		"arn:aws:lambda:eu-west-1:123456789012:function:f": true, "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:live": true,
		"": false, "a b": false, "f:": false, "f:$OTHER": false, "f/x": false, "ä": false, strings.Repeat("f", 65): false, "arn:aws:lambda:f": false,
		"arn:aws:sqs:eu-west-1:123456789012:function:f": false, "a:b:c": false, "f\n": false,
	} {
		if got := lambda.ValidName(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
}

// No version was published, and an alias is there only when the service was told
// of it.
func TestQualifiers(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:lambda:eu-west-1:123456789012:function:load"
	plain, told := start(t, nil), start(t, func(o *lambda.Options) { o.FunctionName = arn + ":live" })
	for _, tc := range []struct {
		name                string
		f                   fixture
		function, qualifier string
		want                string // the error's text; empty when it is served
	}{
		{"latest", plain, "load", "$LATEST", ""},
		{"latest, twice", plain, "load:$LATEST", "$LATEST", ""},
		{"a version", plain, "load", "7", "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:load:7"},
		{"a version in the name", plain, "load:7", "", "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:load:7"},
		{"an alias", plain, "load", "live", "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:load:live"},
		{"two qualifiers", plain, "load:7", "8", "InvalidParameterValueException: The derived qualifier from the function name does not match the specified qualifier."},
		{"another account", plain, "123456789012:function:load", "", "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:load"},
		{"another region", plain, "arn:aws:lambda:eu-west-1:000000000000:function:load", "", "ResourceNotFoundException: Function not found: arn:aws:lambda:eu-west-1:000000000000:function:load"},
		{"the ARN told", told, arn + ":live", "", ""},
		{"the name alone", told, "load", "", ""},
		{"the alias told", told, "load", "live", ""},
		{"another alias", told, "load", "test", "ResourceNotFoundException: Function not found: " + arn + ":test"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, kind := range []types.InvocationType{types.InvocationTypeRequestResponse, types.InvocationTypeDryRun} {
				input := &sdk.InvokeInput{FunctionName: &tc.function, Payload: []byte(`{"Do":"echo"}`), InvocationType: kind}
				if tc.qualifier != "" {
					input.Qualifier = &tc.qualifier
				}
				_, err := tc.f.client.Invoke(context.Background(), input)
				var api smithy.APIError
				got := ""
				if errors.As(err, &api) {
					got = api.ErrorCode() + ": " + api.ErrorMessage()
				}
				if got != tc.want || (err == nil) != (tc.want == "") {
					t.Errorf("%s: %v, want %q", kind, err, tc.want)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	padding := func(n int) []byte { return append(bytes.Repeat([]byte(" "), n-2), "{}"...) }
	for _, tc := range []struct {
		name, function string
		kind           types.InvocationType
		payload        []byte
		status         int
		code           string
	}{
		{"unknown function", "lord", types.InvocationTypeRequestResponse, []byte("{}"), 404, "ResourceNotFoundException"},
		{"unknown ARN", "arn:aws:lambda:us-east-1:123456789012:function:lord", types.InvocationTypeRequestResponse, []byte("{}"), 404, "ResourceNotFoundException"},
		{"a byte too large", "load", types.InvocationTypeRequestResponse, padding(lambda.MaxRequest + 1), 413, "RequestTooLargeException"},
		{"much too large", "load", types.InvocationTypeRequestResponse, padding(2 * lambda.MaxRequest), 413, "RequestTooLargeException"},
		{"no JSON", "load", types.InvocationTypeRequestResponse, []byte("{"), 400, "InvalidRequestContentException"},
		{"asynchronous", "load", types.InvocationTypeEvent, []byte("{}"), 400, "InvalidParameterValueException"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := f.client.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: &tc.function, Payload: tc.payload, InvocationType: tc.kind})
			var api smithy.APIError
			var status interface{ HTTPStatusCode() int }
			if !errors.As(err, &api) || !errors.As(err, &status) {
				t.Fatalf("error %v, want an API error", err)
			}
			if api.ErrorCode() != tc.code || status.HTTPStatusCode() != tc.status {
				t.Errorf("%d %s, want %d %s", status.HTTPStatusCode(), api.ErrorCode(), tc.status, tc.code)
			}
			if api.ErrorMessage() == "" {
				t.Error("no message")
			}
		})
	}
	t.Run("the largest request is taken", func(t *testing.T) {
		out, err := f.client.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String("load"), Payload: padding(lambda.MaxRequest)})
		if err != nil {
			t.Fatal(err)
		}
		f.answerOf(out)
	})
}

func TestConcurrencyLimit(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *lambda.Options) { o.ConcurrencyLimit = 1 })
	folder := t.TempDir()
	held := f.background(order{Do: "meet", Folder: folder, N: 2})
	arrived(t, folder, 1)

	_, err := f.try(order{Do: "echo"})
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) {
		t.Fatalf("error %v, want TooManyRequestsException", err)
	}
	if throttled.Reason != types.ThrottleReasonConcurrentInvocationLimitExceeded || aws.ToString(throttled.RetryAfterSeconds) != "1" {
		t.Errorf("reason %q, retry after %q", throttled.Reason, aws.ToString(throttled.RetryAfterSeconds))
	}
	join(t, folder)
	f.answerOf(f.await(held))
	f.ok(order{Do: "echo"}) // the place is free again
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *lambda.Options) { o.Timeout = 5 * time.Second }) // an echo takes less on a busy machine
	before := f.ok(order{Do: "echo"})
	e := f.fails(order{Do: "meet", Folder: t.TempDir(), N: 2})
	if !strings.HasSuffix(e.ErrorMessage, " Task timed out after 5.00 seconds") {
		t.Errorf("message %q", e.ErrorMessage)
	}
	if after := f.ok(order{Do: "echo"}); after.Pid == before.Pid {
		t.Error("the environment that timed out was used again")
	}
	eventually(t, "the timed-out environment ended", func() bool { return gone(before.Pid) })
}

// A time-out spares the other invocations of its environment; the last of them
// ends it.
func TestTimeoutSparesOthers(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *lambda.Options) { o.Timeout, o.EnvConcurrency = 10*time.Second, 2 })
	pid := f.ok(order{Do: "echo"}).Pid
	never, folder := t.TempDir(), t.TempDir()
	late := f.background(order{Do: "meet", Folder: never, N: 2})
	arrived(t, never, 1)
	time.Sleep(5 * time.Second) // not to synchronise: the other must be younger
	other := f.background(order{Do: "meet", Folder: folder, N: 2})
	arrived(t, folder, 1)
	f.failureOf(f.await(late))
	join(t, folder)
	if a := f.answerOf(f.await(other)); a.Pid != pid {
		t.Errorf("served by %d, want both by %d", a.Pid, pid)
	}
	eventually(t, "the environment ended", func() bool { return gone(pid) })
}

func TestCrash(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	folder := t.TempDir()
	neighbour := f.background(order{Do: "meet", Folder: folder, N: 2})
	arrived(t, folder, 1)
	e := f.fails(order{Do: "exit"})
	if e.ErrorType != "Runtime.ExitError" || !strings.HasSuffix(e.ErrorMessage, "Error: Runtime exited with error: exit status 3") {
		t.Errorf("%+v, want Runtime.ExitError with exit status 3", e)
	}
	f.ok(order{Do: "echo"})
	join(t, folder)
	f.answerOf(f.await(neighbour))
}

func TestFunctionErrors(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, tc := range []struct {
		name  string
		order order
		want  failure
	}{
		{"panic", order{Do: "panic", Text: "boom"}, failure{"string", "boom"}},
		{"returned error", order{Do: "error", Text: "no such thing"}, failure{"errorString", "no such thing"}},
		{
			"response a byte too large",
			order{Do: "large", N: lambda.MaxResponse + 1},
			failure{"Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
		},
		{
			"response of 7 MB",
			order{Do: "large", N: 7 << 20},
			failure{"Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, f.fails(tc.order)); diff != "" {
				t.Error(diff)
			}
			if a := f.ok(order{Do: "echo", Text: "next"}); a.Text != "next" {
				t.Errorf("the next invocation answered %+v", a)
			}
		})
	}
	t.Run("the largest response is passed on", func(t *testing.T) {
		out, err := f.try(order{Do: "large", N: lambda.MaxResponse})
		if err != nil || out.FunctionError != nil || len(out.Payload) != lambda.MaxResponse {
			t.Errorf("%d bytes, function error %v, error %v", len(out.Payload), aws.ToString(out.FunctionError), err)
		}
	})
}

func TestLogTail(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	tail := func() string {
		out, err := f.send("load", order{Do: "stderr", Text: "a word on stderr"}, types.LogTypeTail)
		if err != nil {
			t.Fatal(err)
		}
		text, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	report := regexp.MustCompile(`(?m)^REPORT RequestId: [0-9a-f-]{36}\tDuration: (\d+\.\d\d) ms\tBilled Duration: (\d+) ms\t` +
		`Memory Size: 256 MB\tMax Memory Used: \d+ MB(?:\tInit Duration: (\d+\.\d\d) ms)?\t$`)
	number := func(text string) float64 { // 0 of none
		n, _ := strconv.ParseFloat(text, 64)
		return n
	}
	for _, tc := range []struct {
		name     string
		withInit bool
	}{{"cold", true}, {"warm", false}, {"warm again", false}} {
		t.Run(tc.name, func(t *testing.T) {
			text := tail()
			lines := report.FindAllStringSubmatch(text, -1)
			if len(lines) != 1 || (lines[0][3] != "") != tc.withInit {
				t.Fatalf("want one REPORT line, Init Duration in it: %v; got\n%s", tc.withInit, text)
			}
			// INIT is billed; the parts are rounded to a hundredth each.
			if over := number(lines[0][2]) - number(lines[0][1]) - number(lines[0][3]); over < -0.02 || over > 1.02 {
				t.Errorf("billed %.2f ms more than it took: %s", over, lines[0][0])
			}
		})
	}
	// The environment's output comes by a pipe of its own, perhaps a moment later.
	eventually(t, "the tail holds what the function wrote", func() bool { return strings.Contains(tail(), "\na word on stderr\n") })

	out, err := f.try(order{Do: "echo"})
	if err != nil || out.LogResult != nil {
		t.Errorf("log %q, error %v, want no log unasked", aws.ToString(out.LogResult), err)
	}
}

func TestLogTailIsBounded(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	out, err := f.send("load", order{Do: "stderr", Text: strings.Repeat("word ", 10_000)}, types.LogTypeTail)
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if err != nil || len(text) > 4096 || !strings.Contains(string(text), "REPORT RequestId: ") {
		t.Errorf("%d bytes of log, error %v, want at most 4096 with the REPORT line", len(text), err)
	}
}

// Four invocations that wait for each other end only when they run at once.
func TestEnvConcurrency(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                   string
		concurrency, processes int
	}{{"one at a time, as AWS", 1, 4}, {"two", 2, 2}, {"four", 4, 1}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, func(o *lambda.Options) { o.EnvConcurrency = tc.concurrency })
			folder := t.TempDir()
			var sent []<-chan reply
			for range 4 {
				sent = append(sent, f.background(order{Do: "meet", Folder: folder, N: 4}))
			}
			var pids []int
			for _, c := range sent {
				pids = append(pids, f.answerOf(f.await(c)).Pid)
			}
			slices.Sort(pids)
			if got := len(slices.Compact(pids)); got != tc.processes {
				t.Errorf("%d processes served them, want %d", got, tc.processes)
			}
		})
	}
}

func TestEnvironmentIsReused(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	first := f.ok(order{Do: "echo"}).Pid
	for range 5 {
		if got := f.ok(order{Do: "echo"}).Pid; got != first {
			t.Fatalf("served by %d, want the warm %d", got, first)
		}
	}
}

// Twice as many as may run: the places of the failed ones are free again.
func TestEnvironmentThatNeverComesUp(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 4} {
		t.Run(fmt.Sprintf("concurrency %d", concurrency), func(t *testing.T) {
			t.Parallel()
			f := start(t, func(o *lambda.Options) {
				o.Environment, o.EnvConcurrency, o.ConcurrencyLimit = []string{exitEarly + "=7"}, concurrency, 3
			})
			for range 2 {
				var sent []<-chan reply
				for range 3 {
					sent = append(sent, f.background(order{Do: "echo"}))
				}
				for _, c := range sent {
					e := f.failureOf(f.await(c))
					if e.ErrorType != "Runtime.ExitError" || !strings.HasSuffix(e.ErrorMessage, "exited before it asked for an invocation: exit status 7") {
						t.Errorf("%+v", e)
					}
				}
			}
		})
	}
}

// What could not be started is refused, and neither runs later nor keeps its
// place.
func TestEnvironmentThatCannotStart(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *lambda.Options) { o.Environment, o.ConcurrencyLimit = []string{"NUL=\x00"}, 1 })
	for range 3 {
		_, err := f.try(order{Do: "echo"})
		var service *types.ServiceException
		if !errors.As(err, &service) {
			t.Fatalf("error %v, want ServiceException", err)
		}
	}
}

// A crowd larger than the limit: each call either runs or is refused.
func TestCrowd(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *lambda.Options) { o.EnvConcurrency, o.ConcurrencyLimit = 8, 16 })
	var mu sync.Mutex
	var answered, throttled int
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			out, err := f.try(order{Do: "echo", Text: "crowd"})
			var tooMany *types.TooManyRequestsException
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.As(err, &tooMany):
				throttled++
			case err == nil && out.FunctionError == nil:
				answered++
			default:
				t.Errorf("out %+v, error %v", out, err)
			}
		})
	}
	wg.Wait()
	if answered+throttled != 64 || answered < 16 {
		t.Errorf("%d answered and %d throttled of 64, want at least 16 answered", answered, throttled)
	}
}

// Not parallel: it looks at all goroutines.
func TestClose(t *testing.T) {
	f := start(t, func(o *lambda.Options) { o.EnvConcurrency = 2 })
	pid := f.ok(order{Do: "echo"}).Pid // its other loop is idle
	folder := t.TempDir()
	held := f.background(order{Do: "meet", Folder: folder, N: 2})
	arrived(t, folder, 1)
	if err := f.service.Close(); err != nil {
		t.Error(err)
	}
	if !gone(pid) {
		t.Errorf("environment %d is still there", pid)
	}
	select {
	case r := <-held:
		if r.err == nil && r.out.FunctionError == nil {
			t.Errorf("the held invocation answered %s", r.out.Payload)
		}
	case <-time.After(patience):
		t.Error("the held invocation hangs")
	}
	if _, err := f.try(order{Do: "echo"}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v, want connection refused", err)
	}
	eventually(t, "no goroutine of the service is left", func() bool {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return !bytes.Contains(stacks, []byte("internal/local/lambda.("))
	})
}
