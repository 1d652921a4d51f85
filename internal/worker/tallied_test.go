package worker

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/telemetry/capture"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// Every field of the response to an invocation whose statements differ in outcome, attempts,
// latency and second.
func TestTallied(t *testing.T) {
	t.Parallel()
	const golden = "testdata/response.json"
	sums := newTally(bench.Invocation{Scenario: bench.Individual, Count: 10, Iterations: 15, EventType: bench.CarCreated, Index: 3, RunID: "run"}, "env", false, true)
	for n := range 140 {
		sums.add(varied(n), capture.Kept{TraceID: "trace", Span: [8]byte{1}, Detailed: n%2 == 0})
	}
	response, err := sums.response(9*time.Second, new(latency.Encoder))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*latency.Snapshot{response.Latency, response.Overhead} {
		h, err := s.Histogram()
		if err != nil {
			t.Fatal(err)
		}
		s.HDR = fmt.Sprint(h.Percentile(10), h.Percentile(50), h.Percentile(99)) // the bytes depend on Go's compressor
	}
	got, err := json.MarshalIndent(response, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Error(diff)
	}
}

// varied returns statement n; forty begin in each second.
func varied(n int) *bench.Execution {
	at := time.Unix(1_700_000_000, 0).Add(time.Duration(n) * 25 * time.Millisecond)
	after := func(us int) time.Time { return at.Add(time.Duration(us) * time.Microsecond) }
	took := 700 + n*n%501*13
	e := &bench.Execution{Number: n, Failure: bench.Failure{Outcome: bench.Acknowledged}}
	attempt := bench.Attempt{Start: at, End: after(took), Arrived: after(took - 20 - n%7), Affected: 1, Timings: []bench.Timing{{Phase: bench.Query, Start: at, End: after(took)}}}
	switch n % 20 {
	case 3: // tried again
		e.Attempts = append(e.Attempts, bench.Attempt{Start: at, End: after(300), Failure: bench.Failure{Kind: "40001", SQLSTATE: "40001", Outcome: bench.Failed}})
		attempt.Start = after(400)
	case 7: // stored by an attempt of unknown outcome
		e.Attempts = append(e.Attempts, bench.Attempt{Start: at, End: after(300), Failure: bench.Failure{Kind: "connection_lost", Outcome: bench.Unknown}})
		attempt.Affected = 0
	case 11:
		attempt.Failure = bench.Failure{Kind: "23502", SQLSTATE: "23502", Outcome: bench.Failed, Message: "null value"}
		attempt.Affected, e.Failure = 0, attempt.Failure
	case 13:
		attempt.Failure = bench.Failure{Kind: "connection_lost", Outcome: bench.Unknown, Message: "reset"}
		attempt.Affected, e.Failure = 0, attempt.Failure
	case 17: // stored by someone else
		attempt.Affected = 0
	}
	e.Attempts = append(e.Attempts, attempt)
	return e
}

// BenchmarkTally is a statement of one row in the tally, and an invocation's response.
func BenchmarkTally(b *testing.B) {
	statements := make([]*bench.Execution, 1000)
	for n := range statements {
		statements[n] = varied(0)
		a := &statements[n].Attempts[0]
		statements[n].Number, a.End = n, a.Start.Add(time.Duration(1000+n*n%977)*time.Microsecond)
		a.Arrived = a.End.Add(-20 * time.Microsecond)
	}
	var encoder latency.Encoder
	for _, each := range []int{10, 1000} {
		b.Run(fmt.Sprintf("of %d", each), func(b *testing.B) {
			b.ReportAllocs()
			inv := bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: each}
			for b.Loop() {
				sums := newTally(inv, "env", false, true)
				for _, e := range statements[:each] {
					kept := capture.Kept{}
					sums.add(e, kept)
				}
				if _, err := sums.response(time.Second, &encoder); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*each), "ns/statement")
		})
	}
}
