package lambda_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local/lambda"
)

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
	eventually.True(t, "the timed-out environment ended", func() bool { return gone(before.Pid) })
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
	eventually.True(t, "the environment ended", func() bool { return gone(pid) })
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
