package latency

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
)

// Encoder makes the snapshots of Recorders. It reuses its memory: hdrhistogram allocates 800 KB
// for each snapshot. An Encoder is safe for concurrent use; its zero value is ready.
type Encoder struct {
	mu     sync.Mutex
	plain  []byte
	packed bytes.Buffer
	zlib   *zlib.Writer
}

// encode returns the compressed V2 encoding of the counts that appendCounts appends, as base64.
func (e *Encoder) encode(appendCounts func([]byte) []byte) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.plain = appendCounts(appendHeader(e.plain[:0]))
	binary.BigEndian.PutUint32(e.plain[4:], uint32(len(e.plain)-headerBytes))
	e.packed.Reset()
	e.packed.Write(make([]byte, outerBytes))
	if err := e.compress(); err != nil {
		return "", fmt.Errorf("encode histogram: %w", err)
	}
	all := e.packed.Bytes()
	binary.BigEndian.PutUint32(all, compressedCookie)
	binary.BigEndian.PutUint32(all[4:], uint32(len(all)-outerBytes))
	return base64.StdEncoding.EncodeToString(all), nil
}

// appendHeader appends the header with a length of 0.
func appendHeader(b []byte) []byte {
	for _, v := range []uint32{plainCookie, 0, 0, significantFigures} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	for _, v := range []uint64{lowestUs, uint64(Highest.Microseconds()), math.Float64bits(1)} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return b
}

// compress appends plain to packed. The fastest level is enough for so few bytes, and the only
// one that doesn't clear 600 KB first.
func (e *Encoder) compress() (err error) {
	if e.zlib == nil {
		if e.zlib, err = zlib.NewWriterLevel(&e.packed, zlib.BestSpeed); err != nil {
			return err
		}
	} else {
		e.zlib.Reset(&e.packed)
	}
	if _, err = e.zlib.Write(e.plain); err != nil {
		return err
	}
	return e.zlib.Close()
}
