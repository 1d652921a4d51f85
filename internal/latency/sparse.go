package latency

import (
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
	"time"
)

// Sparse is a small distribution: the number of samples by their microseconds, rounded
// to three significant figures. It holds one second of one invocation, for which a
// Histogram would be mostly empty. Its JSON is an object.
type Sparse map[int64]int64

// Record adds one sample.
func (s Sparse) Record(d time.Duration) {
	s[quantize(d.Round(time.Microsecond).Microseconds())]++
}

// Count is the number of samples.
func (s Sparse) Count() int64 {
	var n int64
	for _, c := range s {
		n += c
	}
	return n
}

// MergeSparse adds all samples of s to h. The minimum, maximum and sum of h are then
// within 0.1 percent: they may lie a little outside of the recorded range.
func (h *Histogram) MergeSparse(s Sparse) {
	for us, n := range s {
		h.recordUs(us, n)
	}
}

// quantize keeps the upper 11 bits, as the sub-buckets of hdrhistogram do for three
// significant figures, and returns the middle of the values that share them.
func quantize(us int64) int64 {
	const kept = 11
	if us < 1<<kept {
		return us
	}
	shift := bits.Len64(uint64(us)) - kept
	return us>>shift<<shift + 1<<(shift-1)
}

// Pack returns s in a few bytes for each of its values; the map takes about 40.
func (s Sparse) Pack() (packed []byte) {
	before := int64(0)
	for _, us := range slices.Sorted(maps.Keys(s)) {
		packed = binary.AppendVarint(binary.AppendVarint(packed, us-before), s[us])
		before = us
	}
	return slices.Clip(packed)
}

// Unpack returns what Pack packed.
func Unpack(packed []byte) Sparse {
	s, us := Sparse{}, int64(0)
	for len(packed) > 0 {
		step, n := binary.Varint(packed)
		count, m := binary.Varint(packed[n:])
		us += step
		s[us] = count
		packed = packed[n+m:]
	}
	return s
}
