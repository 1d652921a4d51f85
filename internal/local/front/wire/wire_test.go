package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// A Reader returns the frames as they were appended, however the bytes arrive, and
// tells an end between frames from one inside a frame.
func TestReader(t *testing.T) {
	frames := [][]byte{AppendFrame(nil, 'Q', "SELECT 1"), AppendFrame(nil, 'S'), AppendFrame(nil, 'Q', string(make([]byte, 3*bufferBytes))), AppendFrame(nil, 'C', "a", "b")}
	all := bytes.Join(frames, nil)
	for name, r := range map[string]io.Reader{"at once": bytes.NewReader(all), "by bytes": iotest.OneByteReader(bytes.NewReader(all))} {
		in := NewReader(r)
		for i, want := range frames {
			if got, err := in.Next(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: frame %d: %.20q, %v", name, i, got, err)
			}
		}
		if _, err := in.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: at the end: %v", name, err)
		}
	}
	for _, n := range []int{1, 4, 5, 8} {
		in := NewReader(bytes.NewReader(frames[0][:n]))
		if _, err := in.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after %d bytes of a frame: %v", n, err)
		}
	}
}

func TestRowsChanged(t *testing.T) {
	for tag, want := range map[string]int{"INSERT 0 5": 5, "UPDATE 12": 12, "DELETE 0": 0, "SELECT 7": 0, "CREATE TABLE": 0, "INSERT": 0} {
		if got := RowsChanged(AppendFrame(nil, 'C', tag)); got != want {
			t.Errorf("%s: %d, want %d", tag, got, want)
		}
	}
}

// What is read before a fault is returned with it.
func TestParseStartup(t *testing.T) {
	packet := []byte("\x00\x03\x00\x02user\x00me\x00Database\x00d\x00TimeZone\x00UTC\x00_pq_.x\x001\x00\x00")
	want := Startup{User: "me", Database: "d", Minor: 2, Parameters: []Parameter{{Name: "TimeZone", Value: "UTC"}}, Options: []string{"_pq_.x"}}
	for end, message := range map[int]string{len(packet): "", len(packet) - 1: "invalid startup packet layout: expected terminator as last byte"} {
		got, refused := ParseStartup(packet[:end])
		if diff := cmp.Diff(want, got); diff != "" || (refused != nil) != (message != "") || refused != nil && refused.Message != message {
			t.Errorf("%d bytes: %v, -want +got:\n%s", end, refused, diff)
		}
	}
	if _, refused := ParseStartup([]byte("\x00\x02\x00\x00")); refused == nil || refused.Message != "unsupported frontend protocol 2.0: server supports 3.0" {
		t.Errorf("version 2: %v", refused)
	}
}
