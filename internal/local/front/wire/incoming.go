package wire

import (
	"errors"
	"io"
)

// Reader reads PostgreSQL's frames.
type Reader struct {
	r    io.Reader
	buf  []byte
	from int // start of what was read and not yet used
	to   int // end of it
}

// NewReader reads frames from r.
func NewReader(r io.Reader) Reader { return Reader{r: r} }

const (
	incomingBytes = 16 << 10
	maxIncoming   = 64 << 20 // many times what DSQL lets a row have
)

// Next answers the next frame, which is valid until the call after.
func (in *Reader) Next() ([]byte, error) {
	if err := in.fill(HeadBytes); err != nil {
		return nil, err
	}
	n := Length(in.buf[in.from:])
	if n < 0 || n > maxIncoming {
		return nil, ErrMalformed
	}
	if err := in.fill(HeadBytes + n); err != nil {
		return nil, err
	}
	frame := in.buf[in.from : in.from+HeadBytes+n]
	in.from += len(frame)
	return frame, nil
}

// fill reads until n bytes are there.
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

func (in *Reader) makeRoom(n int) {
	old := in.buf[in.from:in.to]
	switch {
	case n > len(in.buf), len(in.buf) > incomingBytes && n <= incomingBytes && len(old) <= incomingBytes:
		in.buf = make([]byte, max(n, incomingBytes))
	case in.from+n <= len(in.buf):
		return
	}
	in.to = copy(in.buf, old)
	in.from = 0
}
