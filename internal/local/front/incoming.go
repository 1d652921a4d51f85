package front

import (
	"errors"
	"io"
)

// incoming reads PostgreSQL's frames.
type incoming struct {
	r    io.Reader
	buf  []byte
	from int // start of what was read and not yet used
	to   int // end of it
}

// newReader reads frames from r.
func newReader(r io.Reader) incoming { return incoming{r: r} }

const (
	incomingBytes = 16 << 10
	maxIncoming   = 64 << 20 // many times what DSQL lets a row have
)

// next answers the next frame, which is valid until the call after.
func (in *incoming) next() ([]byte, error) {
	if err := in.fill(headBytes); err != nil {
		return nil, err
	}
	n := lengthOf(in.buf[in.from:])
	if n < 0 || n > maxIncoming {
		return nil, errMalformed
	}
	if err := in.fill(headBytes + n); err != nil {
		return nil, err
	}
	frame := in.buf[in.from : in.from+headBytes+n]
	in.from += len(frame)
	return frame, nil
}

// fill reads until n bytes are there.
func (in *incoming) fill(n int) error {
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

func (in *incoming) makeRoom(n int) {
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
