package bench_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/local/child"
)

// callerRole is the role of a process that makes all calls of one side, so that its CPU time
// and memory belong to that side only.
const callerRole = "fanout-caller"

// side is the code that makes the calls.
type side string

const (
	ourSide   side = "ours"
	wholeSide side = "ours-whole"   // ours without streams
	bareSide  side = "bare"         // a plain loop over the same SDK client, which doesn't stream
	noTail    side = "bare-no-tail" // the bare loop without requests for the end of the log
)

// calling is the task of a caller and its result.
type calling struct {
	Side       side   `json:"side"`
	Endpoint   string `json:"endpoint"`
	Statements int    `json:"statements"`
	Calls      int    `json:"calls"`
	InFlight   int    `json:"in_flight"`
	Profiles   string `json:"profiles"` // folder for the caller's profiles; empty: none

	Seconds  float64 `json:"seconds"`
	CPU      float64 `json:"cpu"` // seconds
	RSS      uint64  `json:"rss"` // bytes, the most
	SpreadMs float64 `json:"spread_ms"`
	Problem  string  `json:"problem"`
}

// BenchmarkFanOut compares 50,000 invocations with 1,000 in flight with a bare loop,
// alternately: calls/s and CPU per call as ratios, the median of the rounds. A response has
// one statement, or ten, which take the decoder longer; the bare loop doesn't decode it.
// stream/whole_rate and _cpu compare streamed answers with whole ones. tail/none_cpu is the cost of requesting the end of the log in the bare loop.
// send_spread_ms is the time between the first and the last of 1,000 sends, including the
// connections. FANOUT_PROFILES names a folder for profiles of our side.
func BenchmarkFanOut(b *testing.B) {
	for _, statements := range []int{1, 10} {
		b.Run(fmt.Sprintf("statements=%d", statements), func(b *testing.B) { benchmarkFanOut(b, statements) })
	}
}

func benchmarkFanOut(b *testing.B, statements int) {
	const inFlight, calls = 1000, 50_000
	measured := map[string][]float64{}
	add := func(unit string, v float64) { measured[unit] = append(measured[unit], v) }
	endpoint := startInvokeAPI(b, statements)
	for n := 0; b.Loop(); n++ {
		took := map[side]calling{}
		order := []side{ourSide, wholeSide, bareSide, noTail}
		if n%2 == 1 {
			slices.Reverse(order)
		}
		for _, s := range order {
			took[s] = call(b, calling{Side: s, Endpoint: endpoint, Statements: statements, Calls: calls, InFlight: inFlight, Profiles: os.Getenv("FANOUT_PROFILES")})
			once := call(b, calling{Side: s, Endpoint: endpoint, Statements: statements, Calls: inFlight, InFlight: inFlight})
			if s == ourSide {
				add("send_spread_ms", once.SpreadMs)
			}
		}
		ours, whole, bare, none := took[ourSide], took[wholeSide], took[bareSide], took[noTail]
		add("stream/whole_rate", whole.Seconds/ours.Seconds)
		add("stream/whole_cpu", ours.CPU/whole.CPU)
		add("ours/bare_rate", bare.Seconds/ours.Seconds)
		add("ours/bare_cpu", ours.CPU/bare.CPU)
		add("tail/none_cpu", bare.CPU/none.CPU)
		add("ours_cpu_us/call", 1e6*ours.CPU/calls)
		add("ours_calls/s", calls/ours.Seconds)
	}
	for unit, values := range measured {
		b.ReportMetric(median(values), unit)
	}
}

// BenchmarkFanOutWide reports the memory of each side with 10,000 calls in flight.
func BenchmarkFanOutWide(b *testing.B) {
	endpoint := startInvokeAPI(b, 1)
	var ours, bare, rate []float64
	for b.Loop() {
		o := call(b, calling{Side: ourSide, Endpoint: endpoint, Statements: 1, Calls: 50_000, InFlight: 10_000})
		p := call(b, calling{Side: bareSide, Endpoint: endpoint, Statements: 1, Calls: 50_000, InFlight: 10_000})
		ours, bare, rate = append(ours, float64(o.RSS>>20)), append(bare, float64(p.RSS>>20)), append(rate, p.Seconds/o.Seconds)
	}
	b.ReportMetric(median(ours), "ours_rss_MiB")
	b.ReportMetric(median(bare), "bare_rss_MiB")
	b.ReportMetric(median(rate), "ours/bare_rate")
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// call starts a caller that makes all calls and returns its result.
func call(b *testing.B, c calling) calling {
	b.Helper()
	runChild(b, callerRole, "FANOUT_CALLING", &c)
	if c.Problem != "" {
		b.Fatalf("%s: %s", c.Side, c.Problem)
	}
	return c
}

// runChild starts this program in a role, with a task as JSON in a variable, and reads the
// task with its result from the process's output.
func runChild(b *testing.B, role, variable string, task any) {
	b.Helper()
	told, err := json.Marshal(task)
	if err != nil {
		b.Fatal(err)
	}
	p, err := child.Command(role, variable+"="+string(told))
	if err != nil {
		b.Fatal(err)
	}
	p.Stderr = os.Stderr
	out, err := p.Output()
	if err != nil {
		b.Fatalf("%s: %v", role, err)
	}
	if err := json.Unmarshal(out, task); err != nil {
		b.Fatalf("%s: %v", role, err)
	}
}

// startInvokeAPI starts a stand-in for the Invoke API and returns its endpoint.
func startInvokeAPI(b *testing.B, statements int) string {
	b.Helper()
	return "http://" + startChild(b, invokeAPIRole, statementsVariable+"="+strconv.Itoa(statements))
}

// fanOutPlan is the same in every process.
func fanOutPlan(statements, calls, inFlight int) bench.Plan {
	return bench.Plan{
		RunID: "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", Seed: 7, Scenario: bench.Batch, EventType: bench.CarCreated, Retries: bench.DefaultRetries,
		Load: bench.Load{NumLambdas: calls, Iterations: statements, Count: 100}, Concurrency: inFlight,
	}
}

// indexOf returns the lambda_index in an invocation's JSON.
func indexOf(event string) string {
	_, after, _ := strings.Cut(event, `"lambda_index":`)
	digits := 0
	for digits < len(after) && after[digits] >= '0' && after[digits] <= '9' {
		digits++
	}
	if _, err := strconv.Atoi(after[:digits]); err != nil {
		return "0"
	}
	return after[:digits]
}
