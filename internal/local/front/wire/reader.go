package wire

import (
	"errors"
	"io"
)

// Reader reads frames, and keeps what it has read too much of for the next call.
type Reader struct {
	r    io.Reader
	buf  []byte
	from int // buf[from:to] was read but not used yet
	to   int
}

// NewReader returns a Reader of r's frames.
func NewReader(r io.Reader) Reader { return Reader{r: r} }

const (
	bufferBytes = 16 << 10
	maxBytes    = 64 << 20 // of a frame: many times what DSQL allows in a row
)

// Next returns the next frame. It is valid until Next is called again.
func (in *Reader) Next() ([]byte, error) {
	if err := in.fill(HeadBytes); err != nil {
		return nil, err
	}
	n := Length(in.buf[in.from:])
	if n < 0 || n > maxBytes {
		return nil, ErrMalformed
	}
	if err := in.fill(HeadBytes + n); err != nil {
		return nil, err
	}
	frame := in.buf[in.from : in.from+HeadBytes+n]
	in.from += len(frame)
	return frame, nil
}

// fill reads until n bytes can be used.
func (in *Reader) fill(n int) error {
	if in.to-in.from >= n {
		return nil
	}
	in.makeRoom(n)
	read, err := io.ReadAtLeast(in.r, in.buf[in.to:], n-(in.to-in.from))
	in.to += read
	if errors.Is(err, io.EOF) && in.to > in.from { // in the middle of a frame
		return io.ErrUnexpectedEOF
	}
	return err
}

// makeRoom makes room for n bytes from in.from on. A buffer that grew for a long
// frame shrinks again.
func (in *Reader) makeRoom(n int) {
	old := in.buf[in.from:in.to]
	switch {
	case n > len(in.buf), len(in.buf) > bufferBytes && n <= bufferBytes && len(old) <= bufferBytes:
		in.buf = make([]byte, max(n, bufferBytes))
	case in.from+n <= len(in.buf):
		return
	}
	in.to = copy(in.buf, old)
	in.from = 0
}
