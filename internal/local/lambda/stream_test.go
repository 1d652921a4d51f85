package lambda_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/lambda"
)

// handle is the function: its answer is a stream, as that of the load test's function.
func handle(ctx context.Context, payload json.RawMessage) (io.Reader, error) {
	var o order
	if err := json.Unmarshal(payload, &o); err != nil {
		return nil, err
	}
	if o.Do == "stream" {
		return &speech{o: o}, nil
	}
	answer, err := function{}.Invoke(ctx, payload)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(answer), nil
}

// speech is an answer in two lines. The second one comes when there is a file in the order's
// folder; the order's text says what comes instead: error, exit, hang. It has no exported fields,
// or the runtime would send those as JSON.
type speech struct {
	o     order
	lines int
}

func (s *speech) Read(p []byte) (int, error) {
	s.lines++
	switch s.lines {
	case 1:
		return copy(p, fmt.Sprintf("first by %d\n", os.Getpid())), nil
	case 3:
		return 0, io.EOF
	}
	for {
		if there, err := os.ReadDir(s.o.Folder); err != nil || len(there) > 0 && s.o.Text != "hang" {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	switch s.o.Text {
	case "error":
		return 0, errors.New("no second line")
	case "exit":
		os.Exit(3)
	}
	return copy(p, "second\n"), nil
}

// listening is the caller of a streamed answer.
type listening struct {
	t      *testing.T
	events <-chan types.InvokeWithResponseStreamResponseEvent
	close  func() error
}

func (f fixture) stream(ctx context.Context, o order) listening {
	f.t.Helper()
	o.Do = "stream"
	payload, err := json.Marshal(o)
	if err != nil {
		f.t.Fatal(err)
	}
	out, err := f.client.InvokeWithResponseStream(ctx, &sdk.InvokeWithResponseStreamInput{FunctionName: aws.String("load"), Payload: payload, LogType: types.LogTypeTail})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = out.GetStream().Close() })
	return listening{f.t, out.GetStream().Events(), out.GetStream().Close}
}

// chunk returns the next chunk.
func (l listening) chunk() string {
	l.t.Helper()
	event := eventually.Receive(l.t, "a chunk arrived", l.events)
	chunk, ok := event.(*types.InvokeWithResponseStreamResponseEventMemberPayloadChunk)
	if !ok {
		l.t.Fatalf("%T, want a chunk", event)
	}
	return string(chunk.Value.Payload)
}

// rest returns the chunks that are left, joined, and the last event.
func (l listening) rest() (text string, last types.InvokeWithResponseStreamCompleteEvent) {
	l.t.Helper()
	for {
		switch e := eventually.Receive(l.t, "an event arrived", l.events).(type) {
		case *types.InvokeWithResponseStreamResponseEventMemberPayloadChunk:
			text += string(e.Value.Payload)
		case *types.InvokeWithResponseStreamResponseEventMemberInvokeComplete:
			if another, open := <-l.events; open {
				l.t.Errorf("%T after the end", another)
			}
			if err := l.close(); err != nil {
				l.t.Error(err)
			}
			return text, e.Value
		default:
			l.t.Fatalf("%T after %q", e, text)
		}
	}
}

// Chunks arrive while the function runs, and the log with the end.
func TestStream(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	folder := t.TempDir()
	l := f.stream(context.Background(), order{Folder: folder})
	if first := l.chunk(); !strings.HasPrefix(first, "first by ") {
		t.Errorf("%q", first)
	}
	join(t, folder)
	text, last := l.rest()
	if text != "second\n" || last.ErrorCode != nil || last.ErrorDetails != nil {
		t.Errorf("%q, error %q: %q", text, aws.ToString(last.ErrorCode), aws.ToString(last.ErrorDetails))
	}
	log, err := base64.StdEncoding.DecodeString(aws.ToString(last.LogResult))
	if err != nil || !strings.Contains(string(log), "REPORT RequestId: ") || !strings.Contains(string(log), "Billed Duration: ") {
		t.Errorf("log %q, error %v", log, err)
	}
}

// A function that fails after it began to answer: what it said has arrived, and why it failed.
func TestStreamFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ end, kind, says string }{
		{"error", "errorString", "no second line"},
		{"exit", "Runtime.ExitError", "Runtime exited with error: exit status 3"},
		{"hang", "", "Task timed out after 5.00 seconds"},
	} {
		t.Run(tc.end, func(t *testing.T) {
			t.Parallel()
			f := start(t, func(o *lambda.Options) { o.Timeout = 5 * time.Second })
			folder := t.TempDir()
			l := f.stream(context.Background(), order{Folder: folder, Text: tc.end})
			first := l.chunk()
			join(t, folder)
			text, last := l.rest()
			if !strings.HasPrefix(first, "first by ") || text != "" {
				t.Errorf("%q, then %q", first, text)
			}
			var e failure
			if err := json.Unmarshal([]byte(aws.ToString(last.ErrorDetails)), &e); err != nil || aws.ToString(last.ErrorCode) == "" || e.ErrorType != tc.kind || !strings.Contains(e.ErrorMessage, tc.says) {
				t.Errorf("error %q: %q (%v)", aws.ToString(last.ErrorCode), aws.ToString(last.ErrorDetails), err)
			}
			if aws.ToString(last.LogResult) == "" {
				t.Error("no log")
			}
			if a := f.ok(order{Do: "echo", Text: "next"}); a.Text != "next" {
				t.Errorf("the next invocation answered %+v", a)
			}
		})
	}
}

// A function whose caller is gone ends its work, and its environment serves the next call.
func TestStreamWithoutListener(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *lambda.Options) { o.ConcurrencyLimit = 1 })
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	first := f.stream(ctx, order{Folder: folder}).chunk()
	cancel()
	join(t, folder)
	var next *sdk.InvokeOutput
	eventually.Nil(t, func() (err error) { // while it runs, the next one is throttled
		next, err = f.try(order{Do: "echo"})
		return err
	})
	if want := fmt.Sprintf("first by %d\n", f.answerOf(next).Pid); first != want {
		t.Errorf("%q, the next call was served otherwise: %q", first, want)
	}
}

// Invoke returns the answer as a whole.
func TestStreamAsWhole(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	folder := t.TempDir()
	join(t, folder)
	out, err := f.try(order{Do: "stream", Folder: folder})
	if err != nil || out.FunctionError != nil || !strings.HasPrefix(string(out.Payload), "first by ") || !strings.HasSuffix(string(out.Payload), "\nsecond\n") {
		t.Errorf("%+v, error %v", out, err)
	}
	e := f.fails(order{Do: "stream", Folder: folder, Text: "error"})
	if e.ErrorMessage != "no second line" {
		t.Errorf("%+v", e)
	}
}

// A call that crashes by an injected fault never sends its last line.
func TestStreamCrashInjected(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *lambda.Options) { o.Faults = fault.List{{Name: fault.Crash, Probability: 1}} })
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	text, last := f.stream(context.Background(), order{Folder: folder}).rest()
	if strings.Contains(text, "second") || !strings.Contains(aws.ToString(last.ErrorDetails), "(injected)") || f.service.Injected()["crash"] != 1 {
		t.Errorf("%q, then the error %q; injected %v", text, aws.ToString(last.ErrorDetails), f.service.Injected())
	}
}
