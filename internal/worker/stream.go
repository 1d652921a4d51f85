package worker

import (
	"context"
	"encoding/json"
	"io"

	"dsql-load-test/internal/bench"
)

// stream is a streamed answer: partial answers, each in a line, then the reply. It implements
// io.Reader for the Lambda runtime, which reads while the invocation runs. The invocation never
// waits for the reader: while the reader is behind, there are no further partial answers, and the
// next one tells more. A nil stream is never ready.
type stream struct {
	lines chan []byte // capacity 1; closed at the end
	rest  []byte      // of the line that is being read
	err   error       // of the invocation; set before lines is closed
}

func newStream() *stream { return &stream{lines: make(chan []byte, 1)} }

// ready reports whether tell would not wait. Only one goroutine may tell.
func (s *stream) ready() bool { return s != nil && len(s.lines) == 0 }

// tell sends a partial answer, if s is ready.
func (s *stream) tell(p *bench.Partial) error {
	line, err := json.Marshal(p)
	if err != nil {
		return err
	}
	s.lines <- append(line, '\n')
	return nil
}

// end sends the reply that answer returns, or passes its error to the reader. It gives up when ctx
// ends: then nobody reads any more.
func (s *stream) end(ctx context.Context, answer func() ([]byte, error)) {
	defer close(s.lines)
	reply, err := answer()
	if err != nil {
		s.err = err
		return
	}
	select {
	case s.lines <- reply:
	case <-ctx.Done():
		s.err = ctx.Err()
	}
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		line, ok := <-s.lines
		switch {
		case !ok && s.err != nil:
			return 0, s.err
		case !ok:
			return 0, io.EOF
		}
		s.rest = line
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}
