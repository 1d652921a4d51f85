package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/verify"
)

// caller is the process of callerRole.
func caller() {
	var c calling
	err := json.Unmarshal([]byte(os.Getenv("FANOUT_CALLING")), &c)
	if err == nil {
		err = c.measure()
	}
	if err != nil {
		c.Problem = err.Error()
	}
	_ = json.NewEncoder(os.Stdout).Encode(c) // the reader notices a missing result
}

func (c *calling) measure() error {
	make, err := c.prepare()
	if err != nil {
		return err
	}
	stop, err := c.profile()
	if err != nil {
		return err
	}
	before, start := cpuTime(), time.Now()
	check := make()
	c.Seconds, c.CPU = time.Since(start).Seconds(), cpuTime()-before
	stop()
	if c.RSS, err = mostMemory(); err != nil {
		return err
	}
	return check()
}

// mostMemory returns the largest memory of this process, in bytes. rusage would return that
// of the process from which it was forked.
func mostMemory() (uint64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kB uint64
	_, err = fmt.Sscan(after, &kB)
	return kB << 10, err
}

// prepare returns a function that makes all calls. That function returns one that checks the
// results.
func (c *calling) prepare() (func() func() error, error) {
	if c.Side == ourSide || c.Side == wholeSide {
		return c.ours()
	}
	return c.bare()
}

func (c *calling) ours() (func() func() error, error) {
	ctx := context.Background()
	client, err := invoke.NewClient(ctx, invoke.Options{
		FunctionName: "bench", Region: "us-east-1", EndpointURL: c.Endpoint, LocalCredentials: true,
		Concurrency: c.InFlight, Timeout: time.Minute, NoStream: c.Side == wholeSide,
	})
	if err != nil {
		return nil, err
	}
	plan := fanOutPlan(c.Statements, c.Calls, c.InFlight)
	invoke.Tune(c.InFlight, c.Calls, true) // as the driver does; the process ends with the benchmark
	return func() func() error {
		// As in a run, which can be stopped.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		results, a := client.Run(ctx, ctx, plan, nil, invoke.News{Result: verify.Trim})
		return func() error {
			c.SpreadMs = a.SendSpreadMs
			for i := range results {
				if r := &results[i]; r.Report == nil || !r.Rows(plan.Invocation(i)).Complete() {
					return fmt.Errorf("invocation %d: %s, %s, report %v", i, r.Outcome, r.Error, r.Report)
				}
			}
			return nil
		}
	}, nil
}

func (c *calling) bare() (func() func() error, error) {
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRegion("us-east-1"),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost, t.MaxConnsPerHost = c.InFlight, c.InFlight, 0
		})),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local", "")))
	if err != nil {
		return nil, err
	}
	api := lambda.NewFromConfig(cfg, func(o *lambda.Options) { o.BaseEndpoint = aws.String(c.Endpoint) })
	payload, err := json.Marshal(fanOutPlan(c.Statements, c.Calls, c.InFlight).Invocation(c.Calls - 1))
	if err != nil {
		return nil, err
	}
	input := lambda.InvokeInput{FunctionName: aws.String("bench"), Payload: payload}
	if c.Side == bareSide {
		input.LogType = types.LogTypeTail
	}
	return func() func() error {
		var next, failed atomic.Int64
		var wg sync.WaitGroup
		first := make([]time.Time, c.InFlight)
		for i := range first {
			wg.Go(func() {
				first[i] = time.Now()
				for next.Add(1) <= int64(c.Calls) {
					in := input
					if out, err := api.Invoke(context.Background(), &in); err != nil || out.FunctionError != nil || len(out.Payload) == 0 {
						failed.Add(1)
					}
				}
			})
		}
		wg.Wait()
		return func() error {
			slices.SortFunc(first, time.Time.Compare)
			c.SpreadMs = float64(first[len(first)-1].Sub(first[0]).Milliseconds())
			if n := failed.Load(); n > 0 {
				return fmt.Errorf("%d of %d calls failed", n, c.Calls)
			}
			return nil
		}
	}, nil
}

// profile starts the requested profiles of our side and returns a function that stops them.
func (c *calling) profile() (stop func(), err error) {
	if c.Profiles == "" || c.Side != ourSide {
		return func() {}, nil
	}
	file, err := os.Create(c.Profiles + "/cpu.pprof")
	if err != nil {
		return nil, err
	}
	trackContention()
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close() // the reader notices a truncated profile
		for _, name := range []string{"mutex", "block"} {
			if file, err := os.Create(c.Profiles + "/" + name + ".pprof"); err == nil {
				_ = pprof.Lookup(name).WriteTo(file, 0)
				_ = file.Close()
			}
		}
	}, nil
}

// cpuTime returns the CPU time of this process so far, in seconds.
func cpuTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// trackContention records every wait for a lock and every 10 µs of blocking.
func trackContention() {
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(10_000)
}
