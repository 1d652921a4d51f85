package wire

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5/pgproto3"
)

// A frame is one protocol message as it is on the wire: its type, four bytes of
// length (which count themselves), its body.
const HeadBytes = 5

var ErrMalformed = errors.New("malformed message")

func Kind(frame []byte) byte { return frame[0] }

func Body(frame []byte) []byte { return frame[HeadBytes:] }

// Length is how many bytes the body of the frame has whose head this is;
// negative where that can't be.
func Length(head []byte) int {
	return int(int32(binary.BigEndian.Uint32(head[1:HeadBytes]))) - 4
}

// CutFrame takes the first frame off frames, which are whole.
func CutFrame(frames []byte) (frame, rest []byte) {
	n := HeadBytes + Length(frames)
	return frames[:n], frames[n:]
}

// Begin appends the head of a frame; end writes its length.
func Begin(b []byte, kind byte) ([]byte, int) { return append(b, kind, 0, 0, 0, 0), len(b) }

func End(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start+1:], uint32(len(b)-start-1))
	return b
}

func AppendText(b []byte, text string) []byte { return append(append(b, text...), 0) }

// AppendFrame appends a message whose body is texts, each ended by a zero byte.
func AppendFrame(b []byte, kind byte, texts ...string) []byte {
	b, at := Begin(b, kind)
	for _, t := range texts {
		b = AppendText(b, t)
	}
	return End(b, at)
}

// CutText takes a text and its ending zero byte off body.
func CutText(body []byte) (text, rest []byte, err error) {
	i := bytes.IndexByte(body, 0)
	if i < 0 {
		return nil, nil, ErrMalformed
	}
	return body[:i], body[i+1:], nil
}

// Encode appends a message whose encoding can't fail: only lengths over 1 GiB
// make it.
func Encode(b []byte, m pgproto3.BackendMessage) []byte {
	out, err := m.Encode(b)
	if err != nil {
		return b
	}
	return out
}
