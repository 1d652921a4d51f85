package front

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// A frame is one protocol message as it is on the wire: its type, four bytes of
// length (which count themselves), its body.
const headBytes = 5

var errMalformed = errors.New("malformed message")

func kindOf(frame []byte) byte { return frame[0] }

func bodyOf(frame []byte) []byte { return frame[headBytes:] }

// lengthOf is how many bytes the body of the frame has whose head this is;
// negative where that can't be.
func lengthOf(head []byte) int {
	return int(int32(binary.BigEndian.Uint32(head[1:headBytes]))) - 4
}

// cutFrame takes the first frame off frames, which are whole.
func cutFrame(frames []byte) (frame, rest []byte) {
	n := headBytes + lengthOf(frames)
	return frames[:n], frames[n:]
}

// begin appends the head of a frame; end writes its length.
func begin(b []byte, kind byte) ([]byte, int) { return append(b, kind, 0, 0, 0, 0), len(b) }

func end(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start+1:], uint32(len(b)-start-1))
	return b
}

func appendText(b []byte, text string) []byte { return append(append(b, text...), 0) }

// appendFrame appends a message whose body is texts, each ended by a zero byte.
func appendFrame(b []byte, kind byte, texts ...string) []byte {
	b, at := begin(b, kind)
	for _, t := range texts {
		b = appendText(b, t)
	}
	return end(b, at)
}

// cutText takes a text and its ending zero byte off body.
func cutText(body []byte) (text, rest []byte, err error) {
	i := bytes.IndexByte(body, 0)
	if i < 0 {
		return nil, nil, errMalformed
	}
	return body[:i], body[i+1:], nil
}

// incoming reads PostgreSQL's frames.
type incoming struct {
	r    io.Reader
	buf  []byte
	from int // start of what was read and not yet used
	to   int // end of it
}

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
