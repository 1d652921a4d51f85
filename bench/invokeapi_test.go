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
	"dsql-load-test/internal/bench/benchtest"
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
	inv.Index = index
	r, err := benchtest.Full(inv, 1500*time.Microsecond)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(bench.ReplyBody{Success: true, Result: r})
	if err != nil {
		return "", err
	}
	reply, err := json.Marshal(bench.Reply{StatusCode: http.StatusOK, Body: string(body)})
	return string(reply), err
}
