package front

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5/pgproto3"
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

// encode appends a message whose encoding can't fail: only lengths over 1 GiB
// make it.
func encode(b []byte, m pgproto3.BackendMessage) []byte {
	out, err := m.Encode(b)
	if err != nil {
		return b
	}
	return out
}
