package worker

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"

	"dsql-load-test/internal/bench"
)

// stream is a streamed answer: partial answers, each in a line, then the reply. It implements
// io.Reader for the Lambda runtime, which reads while the invocation runs. The invocation never
// waits for the reader: while the reader is behind, there are no further partial answers, and the
// next one tells more. A nil stream is never ready.
type stream struct {
	lines chan []byte   // capacity 1; closed at the end
	gone  chan struct{} // closed when the reader is done
	rest  []byte        // of the line that is being read
	err   error         // of the invocation; set before lines is closed
}

func newStream() *stream { return &stream{lines: make(chan []byte, 1), gone: make(chan struct{})} }

// Close implements io.Closer: the Lambda runtime closes the answer when it has sent it, or can't.
func (s *stream) Close() error {
	close(s.gone)
	return nil
}

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

// end sends the reply that answer returns, or passes its error or panic to the reader. It gives up
// when the reader is done.
func (s *stream) end(answer func() ([]byte, error)) {
	defer close(s.lines)
	reply, err := recovered(answer)
	if err != nil {
		s.err = err
		return
	}
	select {
	case s.lines <- reply:
	case <-s.gone:
	}
}

// recovered returns a panic as an error with its stack, as the Lambda runtime does for a handler.
func recovered(answer func() ([]byte, error)) (reply []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return answer()
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
