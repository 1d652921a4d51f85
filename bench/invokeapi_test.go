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

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/benchtest"
	"dsql-load-test/internal/local/child"
)

// invokeAPIRole is the role of a process that replaces the Invoke API: after 20 ms it
// returns the response of our function after a successful invocation.
const invokeAPIRole = "invoke-api"

// statementsVariable sets the number of statements in each response.
const statementsVariable = "FANOUT_STATEMENTS"

const apiTakes = 20 * time.Millisecond

// logTail is the end of a log as Lambda sends it.
const logTail = "START RequestId: 8f5ad9f5-3f5c-4f5e-a1f0-8f5ad9f53f5c Version: $LATEST\nEND RequestId: 8f5ad9f5-3f5c-4f5e-a1f0-8f5ad9f53f5c\n" +
	"REPORT RequestId: 8f5ad9f5-3f5c-4f5e-a1f0-8f5ad9f53f5c\tDuration: 19.02 ms\tBilled Duration: 20 ms\tMemory Size: 512 MB\tMax Memory Used: 48 MB\t\n"

// invokeAPI serves until its parent process ends.
func invokeAPI() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	const someIndex = 123456789 // replaced by the index in the request
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
		reply := strings.Join(parts, indexOf(string(event)))
		if strings.HasSuffix(r.URL.Path, "/response-streaming-invocations") {
			streamReply(w, reply, tail)
			return
		}
		if r.Header.Get("X-Amz-Log-Type") == "Tail" {
			w.Header().Set("X-Amz-Log-Result", tail)
		}
		w.Header().Set("X-Amzn-Requestid", "8f5ad9f5-3f5c-4f5e-a1f0-8f5ad9f53f5c")
		_, _ = io.WriteString(w, reply) // the caller counts lost responses
	})}
	go func() {
		child.ParentGone()
		_ = server.Close()
	}()
	_ = server.Serve(listener) // it ends with the parent
}

// streamReply writes a reply as InvokeWithResponseStream does: in one chunk, because calls as short as
// these have no partial answers.
func streamReply(w http.ResponseWriter, reply, tail string) {
	w.Header().Set("X-Amzn-Requestid", "8f5ad9f5-3f5c-4f5e-a1f0-8f5ad9f53f5c")
	w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	encoder := eventstream.NewEncoder()
	for _, event := range []struct{ kind, content, payload string }{
		{"PayloadChunk", "application/octet-stream", reply},
		{"InvokeComplete", "application/json", `{"LogResult":"` + tail + `"}`},
	} {
		m := eventstream.Message{Payload: []byte(event.payload)}
		m.Headers.Set(":message-type", eventstream.StringValue("event"))
		m.Headers.Set(":event-type", eventstream.StringValue(event.kind))
		m.Headers.Set(":content-type", eventstream.StringValue(event.content))
		if encoder.Encode(w, m) != nil {
			return // the caller counts lost responses
		}
	}
}

// fullReply returns the function's response after a number of successful batches.
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
