package invoke

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"dsql-load-test/internal/bench"
)

// All bytes that come are billed, believed or not, and also the last ones of an answer that is
// too large.
func TestStreamedBytes(t *testing.T) {
	line := func(n int) []byte {
		text := append([]byte(bench.PartialPrefix), bytes.Repeat([]byte("x"), n-len(bench.PartialPrefix)-1)...)
		return append(text, '\n')
	}
	for name, c := range map[string]struct {
		pieces [][]byte
		want   int64
		err    error
	}{
		"none":                      {},
		"one":                       {[][]byte{[]byte("{}")}, 2, nil},
		"an empty one":              {[][]byte{[]byte("{}"), {}}, 2, nil},
		"more than is free":         {[][]byte{line(3 << 20), line(3 << 20), line(1000), []byte("{}")}, 6<<20 + 1002, nil},
		"a line that is too large":  {[][]byte{bytes.Repeat([]byte("x"), maxAnswer), []byte("yz"), []byte("not read")}, maxAnswer + 2, errTooLarge},
		"a line in several pieces":  {[][]byte{line(2000)[:700], line(2000)[700:], []byte("{}")}, 2002, nil},
		"the reply in two, no line": {[][]byte{[]byte("{"), []byte("}\n")}, 3, nil},
	} {
		events := make(chan types.InvokeWithResponseStreamResponseEvent, len(c.pieces)+1)
		for _, piece := range c.pieces {
			events <- &types.InvokeWithResponseStreamResponseEventMemberPayloadChunk{Value: types.InvokeResponseStreamUpdate{Payload: piece}}
		}
		events <- &types.InvokeWithResponseStreamResponseEventMemberInvokeComplete{}
		close(events)
		told := &telling{}
		if _, err := told.listen(events, &ending{}); !errors.Is(err, c.err) || told.bytes != c.want {
			t.Errorf("%s: %d bytes and error %v, want %d and %v", name, told.bytes, err, c.want, c.err)
		}
	}
}
