package lambda_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local/lambda"
)

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
	if r := eventually.Receive(t, "the held invocation has ended", held); r.err == nil && r.out.FunctionError == nil {
		t.Errorf("the held invocation answered %s", r.out.Payload)
	}
	eventually.True(t, "connections are refused", func() bool { // one that was kept alive may still fail otherwise
		_, err := f.try(order{Do: "echo"})
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	eventually.True(t, "no goroutine of the service is left", func() bool {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return !bytes.Contains(stacks, []byte("internal/local/lambda.("))
	})
}
