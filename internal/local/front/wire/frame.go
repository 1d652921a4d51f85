// Package wire reads and writes the messages of PostgreSQL's protocol, version 3:
// frames, start-up messages, errors, and the opening of a TLS connection. It knows
// nothing of SQL or of sessions.
//
// A frame is one message as its bytes: a type, four bytes of length (which count
// themselves), and the body. Functions that append to a slice return the longer
// slice, as append does.
package wire

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5/pgproto3"
)

// HeadBytes is the length of a frame's type and length.
const HeadBytes = 5

// ErrMalformed is a message that can't be read.
var ErrMalformed = errors.New("malformed message")

// Kind returns the type of a frame, such as 'Q'.
func Kind(frame []byte) byte { return frame[0] }

// Body returns the frame without its head.
func Body(frame []byte) []byte { return frame[HeadBytes:] }

// Length returns the number of bytes in the body of the frame that begins with
// head. It is negative if head is malformed.
func Length(head []byte) int {
	return int(int32(binary.BigEndian.Uint32(head[1:HeadBytes]))) - 4
}

// CutFrame cuts the first frame off frames, all of which are complete.
func CutFrame(frames []byte) (frame, rest []byte) {
	n := HeadBytes + Length(frames)
	return frames[:n], frames[n:]
}

// Begin appends the head of a frame and returns where the frame starts, for End.
func Begin(b []byte, kind byte) ([]byte, int) { return append(b, kind, 0, 0, 0, 0), len(b) }

// End writes the length of the frame that starts at start and ends with b.
func End(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start+1:], uint32(len(b)-start-1))
	return b
}

// AppendText appends text and the zero byte that ends it.
func AppendText(b []byte, text string) []byte { return append(append(b, text...), 0) }

// AppendFrame appends a message whose body is the texts, each with its zero byte.
func AppendFrame(b []byte, kind byte, texts ...string) []byte {
	b, at := Begin(b, kind)
	for _, t := range texts {
		b = AppendText(b, t)
	}
	return End(b, at)
}

// CutText cuts a text and its zero byte off body.
func CutText(body []byte) (text, rest []byte, err error) {
	i := bytes.IndexByte(body, 0)
	if i < 0 {
		return nil, nil, ErrMalformed
	}
	return body[:i], body[i+1:], nil
}

// Encode appends a message. Only a length over 1 GiB could make that fail, and no
// message of ours is that long.
func Encode(b []byte, m pgproto3.BackendMessage) []byte {
	out, err := m.Encode(b)
	if err != nil {
		return b
	}
	return out
}
