package latency

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
)

// Decoder reads the snapshots that a Histogram makes. It checks every field, because
// snapshots come from the function. The decoder of hdrhistogram allocates 390 KB and
// takes ten times as long, too much for the responses of a thousand invocations. A
// Decoder is safe for concurrent use; its zero value is ready.
type Decoder struct{ scratch sync.Pool }

// scratch is the reusable memory of one decoding.
type scratch struct {
	zlib   io.ReadCloser
	in     bytes.Reader
	packed []byte
	plain  bytes.Buffer
}

// bucket is the number of samples from low to high microseconds, both included.
type bucket struct{ low, high, count int64 }

// The compressed V2 format (HdrHistogram's "V2 encoding"): a cookie and a length,
// then zlib of a header and the counts. A count is a ZigZag LEB128 number; a negative
// number -n stands for n empty buckets.
const (
	compressedCookie = 0x1c849304 | 0x10
	plainCookie      = 0x1c849303 | 0x10
	outerBytes       = 8
	headerBytes      = 40
	halfBits         = 10 // buckets double their width every 1<<halfBits
	bucketsAtMost    = 21 << halfBits
	beyondUs         = 1 << 30 // the lowest time in us that is in no bucket
	maxVarint        = 9
)

var errHistogram = errors.New("not the compressed V2 encoding of a histogram")

// Check reports the first impossible value in s. The error begins with the field.
func (d *Decoder) Check(s *Snapshot) error {
	_, err := d.buckets(s)
	return err
}

// Samples are the samples of a decoded Snapshot; the zero value has none. They take less memory
// than a Histogram.
type Samples struct {
	buckets []bucket
	of      *Snapshot
}

// Decode returns the samples of s, which must not change afterwards. It fails as Check does.
func (d *Decoder) Decode(s *Snapshot) (Samples, error) {
	all, err := d.buckets(s)
	if err != nil {
		return Samples{}, err
	}
	return Samples{all, s}, nil
}

// MergeSnapshot adds all samples of s to h, unless it fails as Check does.
func (d *Decoder) MergeSnapshot(h *Histogram, s *Snapshot) error {
	all, err := d.Decode(s)
	if err != nil {
		return err
	}
	return h.MergeSamples(all)
}

// MergeSamples adds all to h.
func (h *Histogram) MergeSamples(all Samples) error {
	s := all.of
	if s == nil || s.Count == 0 {
		return nil
	}
	for _, b := range all.buckets {
		if err := h.hdr.RecordValues(b.low, b.count); err != nil {
			return fmt.Errorf("hdr_v2: %w", err)
		}
	}
	h.outOfRange += s.OutOfRange
	h.minUs, h.maxUs, h.sumUs = min(h.minUs, s.MinUs), max(h.maxUs, s.MaxUs), h.sumUs+s.SumUs
	return nil
}

// buckets returns the buckets that hold a sample, in ascending order.
func (d *Decoder) buckets(s *Snapshot) ([]bucket, error) {
	c, _ := d.scratch.Get().(*scratch)
	if c == nil {
		c = &scratch{}
	}
	defer d.scratch.Put(c)
	counts, err := c.unpack(s.HDR)
	if err != nil {
		return nil, fmt.Errorf("hdr_v2: %w", err)
	}
	all, err := bucketsOf(counts)
	if err != nil {
		return nil, fmt.Errorf("hdr_v2: %w", err)
	}
	return all, s.agrees(all)
}

// unpack returns the encoded counts, which are valid until the next call.
func (c *scratch) unpack(text string) ([]byte, error) {
	if n := base64.StdEncoding.DecodedLen(len(text)); cap(c.packed) < n {
		c.packed = make([]byte, n)
	}
	n, err := base64.StdEncoding.Decode(c.packed[:cap(c.packed)], []byte(text))
	if err != nil {
		return nil, err
	}
	packed := c.packed[:n]
	if n < outerBytes || binary.BigEndian.Uint32(packed) != compressedCookie || int64(binary.BigEndian.Uint32(packed[4:])) != int64(n-outerBytes) {
		return nil, errHistogram
	}
	c.in.Reset(packed[outerBytes:])
	if c.zlib == nil {
		c.zlib, err = zlib.NewReader(&c.in)
	} else {
		err = c.zlib.(zlib.Resetter).Reset(&c.in, nil)
	}
	if err != nil {
		c.zlib = nil
		return nil, err
	}
	c.plain.Reset()
	const most = headerBytes + bucketsAtMost*maxVarint
	if _, err := c.plain.ReadFrom(io.LimitReader(c.zlib, most+1)); err != nil {
		return nil, err
	}
	return counts(c.plain.Bytes())
}

// counts checks the header and returns the encoded counts after it.
func counts(plain []byte) ([]byte, error) {
	if len(plain) < headerBytes {
		return nil, errHistogram
	}
	rest, header := plain[headerBytes:], plain
	number := func(at int) uint64 { return binary.BigEndian.Uint64(header[at:]) }
	if binary.BigEndian.Uint32(header) != plainCookie || int64(binary.BigEndian.Uint32(header[4:])) != int64(len(rest)) {
		return nil, errHistogram
	}
	figures := binary.BigEndian.Uint32(header[12:])
	if figures != significantFigures || number(16) != lowestUs || number(24) != uint64(Highest.Microseconds()) {
		return nil, fmt.Errorf("%d significant figures from %d to %d us, want %d from %d to %d",
			figures, number(16), number(24), significantFigures, lowestUs, Highest.Microseconds())
	}
	return rest, nil
}

// bucketsOf decodes the counts and leaves out empty buckets.
func bucketsOf(counts []byte) (all []bucket, err error) {
	at, total := int64(0), int64(0)
	for len(counts) > 0 {
		v, n := zigzag(counts)
		if n == 0 {
			return nil, errHistogram
		}
		counts = counts[n:]
		if v < 0 {
			if v < -bucketsAtMost {
				return nil, errHistogram
			}
			at -= v
			continue
		}
		if at >= bucketsAtMost || v > math.MaxInt64-total {
			return nil, errHistogram
		}
		if total += v; v > 0 {
			all = append(all, bucketAt(at, v))
		}
		at++
	}
	return all, nil
}

// bucketAt is the bucket of an index: the first 2048 hold a microsecond each, then
// the width doubles every 1024.
func bucketAt(index, count int64) bucket {
	shift := max(index>>halfBits-1, 0)
	low := (index - shift<<halfBits) << shift
	return bucket{low: low, high: low + 1<<shift - 1, count: count}
}

// zigzag reads one number. n is the number of bytes read, or 0 if the number is cut off.
// Each byte has seven bits, but the ninth, which is always the last, has eight.
func zigzag(from []byte) (v int64, n int) {
	var u uint64
	for n < len(from) && n < maxVarint {
		b := from[n]
		if n == maxVarint-1 {
			u |= uint64(b) << 56
			return int64(u>>1) ^ -int64(u&1), n + 1
		}
		u |= uint64(b&0x7f) << (7 * n)
		n++
		if b&0x80 == 0 {
			return int64(u>>1) ^ -int64(u&1), n
		}
	}
	return 0, 0
}

// agrees reports the first field of s that contradicts the buckets. Samples out of range
// are longer than all samples in buckets.
func (s *Snapshot) agrees(all []bucket) error {
	var inRange, least, most float64
	for _, b := range all {
		inRange += float64(b.count)
		least += float64(b.low) * float64(b.count)
		most += float64(b.high) * float64(b.count)
	}
	beyond := float64(s.OutOfRange)
	lowest, highest := bucket{}, bucket{}
	if len(all) > 0 {
		lowest, highest = all[0], all[len(all)-1]
	}
	if beyond > 0 {
		highest = bucket{low: beyondUs, high: math.MaxInt64}
		least += beyond * float64(highest.low)
		most += beyond * float64(s.MaxUs)
		if len(all) == 0 {
			lowest = highest
		}
	}
	const rounding = 1 + 1e-9
	least, most = max(least, float64(s.Count)*float64(s.MinUs)), min(most, float64(s.Count)*float64(s.MaxUs))
	switch {
	case s.OutOfRange < 0:
		return fmt.Errorf("out_of_range is %d, must not be negative", s.OutOfRange)
	case inRange+beyond != float64(s.Count):
		return fmt.Errorf("count is %d, must be %.0f, as in the buckets and out of range", s.Count, inRange+beyond)
	case s.MinUs < lowest.low || s.MinUs > lowest.high:
		return fmt.Errorf("min_us is %d, must be %d to %d, as in the lowest bucket", s.MinUs, lowest.low, lowest.high)
	case s.MaxUs < highest.low || s.MaxUs > highest.high:
		return fmt.Errorf("max_us is %d, must be %d to %d, as in the highest bucket", s.MaxUs, highest.low, highest.high)
	case s.MinUs > s.MaxUs:
		return fmt.Errorf("min_us is %d, must be %d at most, max_us", s.MinUs, s.MaxUs)
	case float64(s.SumUs)*rounding < least || float64(s.SumUs) > most*rounding:
		return fmt.Errorf("sum_us is %d, must be %.0f to %.0f, as in the buckets", s.SumUs, least, most)
	}
	return nil
}
