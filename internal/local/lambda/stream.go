package lambda

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"
)

// stream passes a response from the request of the environment to the one of the caller.
type stream struct {
	chunks chan []byte
	gone   chan struct{} // closed when the caller no longer listens
}

// pass hands a chunk over, unless the caller is gone. It keeps no reference to b.
func (s *stream) pass(b []byte) {
	select {
	case s.chunks <- append([]byte{}, b...):
	case <-s.gone:
	}
}

// maxChunk is the largest chunk that is passed on, in bytes.
const maxChunk = 64 << 10

// streamed serves the Runtime API's response of an invocation whose caller wants it streamed.
func (s *Service) streamed(w http.ResponseWriter, r *http.Request, to *stream) {
	buffer, all := make([]byte, maxChunk), 0
	for {
		n, err := r.Body.Read(buffer)
		if all += n; all > MaxStreamed {
			s.settle(w, r, tooLarge(r, MaxStreamed))
			return
		}
		if n > 0 {
			to.pass(buffer[:n])
		}
		switch {
		case err == nil:
			continue
		case !errors.Is(err, io.EOF):
			return // the environment is gone: its exit fails the call
		}
		o := outcome{}
		if failed := trailed(r); failed != nil {
			o = *failed
		}
		s.settle(w, r, o)
		return
	}
}

// invokeStreamed serves the InvokeWithResponseStream API.
func (s *Service) invokeStreamed(w http.ResponseWriter, r *http.Request) {
	c := s.called(w, r)
	if c == nil {
		return
	}
	c.stream = &stream{chunks: make(chan []byte), gone: make(chan struct{})}
	defer close(c.stream.gone)
	crash, ok := s.start(w, c)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	out := &events{to: w, encoder: eventstream.NewEncoder()}
	var held []byte // the last chunk, if the call is going to crash: its function dies before it sends that
	for {
		select {
		case chunk := <-c.stream.chunks:
			if crash {
				held, chunk = chunk, held
			}
			out.chunk(chunk)
		case o := <-c.done:
			if crash {
				o = s.crashed(c, o)
			}
			out.complete(o, s.logResult(r, c))
			return
		}
	}
}

// events writes the events of a streamed response. An error means that the caller is gone.
type events struct {
	to      http.ResponseWriter
	encoder *eventstream.Encoder
}

func (e *events) chunk(payload []byte) {
	if len(payload) > 0 {
		e.send("PayloadChunk", "application/octet-stream", payload)
	}
}

// complete sends the last event.
func (e *events) complete(o outcome, log string) {
	var last struct {
		ErrorCode    string `json:",omitempty"`
		ErrorDetails string `json:",omitempty"`
		LogResult    string `json:",omitempty"`
	}
	last.LogResult = log
	if o.functionError != "" {
		last.ErrorCode, last.ErrorDetails = o.functionError, string(o.payload)
	}
	payload, _ := json.Marshal(last) // strings always encode
	e.send("InvokeComplete", "application/json", payload)
}

func (e *events) send(kind, contentType string, payload []byte) {
	m := eventstream.Message{Payload: payload}
	m.Headers.Set(eventstreamapi.MessageTypeHeader, eventstream.StringValue(eventstreamapi.EventMessageType))
	m.Headers.Set(eventstreamapi.EventTypeHeader, eventstream.StringValue(kind))
	m.Headers.Set(eventstreamapi.ContentTypeHeader, eventstream.StringValue(contentType))
	if e.encoder.Encode(e.to, m) == nil {
		_ = http.NewResponseController(e.to).Flush()
	}
}
