package bench_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/local/child"
)

// invokeAPIRole is a process that stands in for the Invoke API: after 20 ms it
// answers as our function does that did all it was asked.
const invokeAPIRole = "invoke-api"

// statementsVariable says how many statements each answer tells of.
const statementsVariable = "FANOUT_STATEMENTS"

const apiTakes = 20 * time.Millisecond

// logTail is a log's tail as Lambda sends it.
const logTail = "START RequestId: 8f5ad9f5-3f5c-4f5e-a1f0-8f5ad9f53f5c Version: $LATEST\nEND RequestId: 8f5ad9f5-3f5c-4f5e-a1f0-8f5ad9f53f5c\n" +
	"REPORT RequestId: 8f5ad9f5-3f5c-4f5e-a1f0-8f5ad9f53f5c\tDuration: 19.02 ms\tBilled Duration: 20 ms\tMemory Size: 512 MB\tMax Memory Used: 48 MB\t\n"

// invokeAPI serves until its parent is gone.
func invokeAPI() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	const someIndex = 123456789 // is replaced by the one asked for
	statements, err := strconv.Atoi(os.Getenv(statementsVariable))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	reply, err := fullReply(statements, someIndex)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	parts := strings.Split(reply, fmt.Sprint(someIndex))
	tail := base64.StdEncoding.EncodeToString([]byte(logTail))
	fmt.Println(listener.Addr())
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller is gone
		}
		time.Sleep(apiTakes)
		if r.Header.Get("X-Amz-Log-Type") == "Tail" {
			w.Header().Set("X-Amz-Log-Result", tail)
		}
		w.Header().Set("X-Amzn-Requestid", "8f5ad9f5-3f5c-4f5e-a1f0-8f5ad9f53f5c")
		_, _ = io.WriteString(w, strings.Join(parts, indexOf(string(event)))) // the caller counts lost answers
	})}
	go func() {
		child.ParentGone()
		_ = server.Close()
	}()
	_ = server.Serve(listener) // it ends with the parent
}

// fullReply is what the function answers that inserted so many batches.
func fullReply(statements, index int) (string, error) {
	inv := fanOutPlan(statements, 1, 1).Invocation(0)
	h := latency.New()
	r := &bench.Response{
		SuccessCount: inv.Rows(), TotalInserts: inv.Rows(), RowsAffected: inv.Rows(), Attempts: int64(statements), DurationMs: 19.02, InsertsPerSecond: 52576,
		Scenario: inv.Scenario, Iterations: inv.Iterations, Count: inv.Count, EventType: inv.EventType, Index: index, RunID: inv.RunID,
		Statements: &bench.Account{Planned: int64(statements), Acknowledged: int64(statements)}, EnvironmentID: "8f5ad9f5-3f5c-4f5e",
	}
	second := bench.Second{Unix: 1_700_000_000, Statements: int64(statements), Rows: inv.Rows(), Latency: latency.Sparse{}}
	for i := range inv.Iterations {
		d := time.Duration(1500+100*i) * time.Microsecond
		h.Record(d)
		second.Latency.Record(d)
		r.Slowest = append(r.Slowest, bench.Statement{
			Invocation: index, Iteration: i, Rows: inv.Count, StartedUs: 1_700_000_000_000_000, LatencyUs: d.Microseconds(), Attempts: 1,
			Outcome: bench.Acknowledged, Environment: r.EnvironmentID,
		})
	}
	r.Slowest, r.Timeline = bench.Slowest(r.Slowest), []bench.Second{second}
	var err error
	if r.Latency, err = h.Snapshot(); err != nil {
		return "", err
	}
	body, err := json.Marshal(bench.ReplyBody{Success: true, Result: r})
	if err != nil {
		return "", err
	}
	reply, err := json.Marshal(bench.Reply{StatusCode: http.StatusOK, Body: string(body)})
	return string(reply), err
}
