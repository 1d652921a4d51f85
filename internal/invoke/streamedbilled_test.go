package invoke_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/invoke"
)

// streamer answers invocation i with so many MB in pieces of 1 MB, and then a reply of 2 bytes.
func streamer(t *testing.T, mb ...int) string {
	piece := append([]byte(bench.PartialPrefix), bytes.Repeat([]byte("x"), 1<<20-len(bench.PartialPrefix)-1)...)
	piece = append(piece, '\n')
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked bench.Invocation
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Index >= len(mb) {
			t.Errorf("event %+v: %v", asked, err)
			return
		}
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		e := eventstream.NewEncoder()
		send := func(kind string, payload []byte) {
			m := eventstream.Message{Payload: payload}
			m.Headers.Set(eventstreamapi.MessageTypeHeader, eventstream.StringValue(eventstreamapi.EventMessageType))
			m.Headers.Set(eventstreamapi.EventTypeHeader, eventstream.StringValue(kind))
			if err := e.Encode(w, m); err != nil {
				t.Errorf("invocation %d: %v", asked.Index, err)
			}
		}
		for range mb[asked.Index] {
			send("PayloadChunk", piece)
		}
		send("PayloadChunk", []byte("{}"))
		send("InvokeComplete", []byte("{}"))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Lambda bills the bytes beyond 6 MB of each answer, also if there is no REPORT line and the
// driver can't use the answer.
func TestStreamedBytesAreBilled(t *testing.T) {
	p := plan(4, 1)
	c, err := invoke.NewClient(t.Context(), invoke.Options{
		FunctionName: "load", Region: "us-east-1", EndpointURL: streamer(t, 0, 6, 9, 5), LocalCredentials: true, Concurrency: 1, Timeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	results, _ := c.Run(t.Context(), context.Background(), p, nil, invoke.News{})
	for i, want := range []int64{2, 6<<20 + 2, 9<<20 + 2, 5<<20 + 2} {
		if got := results[i].Streamed; got != want {
			t.Errorf("invocation %d: %d bytes streamed, want %d: %s", i, got, want, results[i].Error)
		}
	}
	s, err := sum.Of(p, results)
	if err != nil {
		t.Fatal(err)
	}
	if b := s.Billed; b == nil || b.Invocations != 0 || b.StreamedBytesBilled != 2+(3<<20)+2 {
		t.Errorf("billed %+v, want %d bytes", b, 2+(3<<20)+2)
	}
}
