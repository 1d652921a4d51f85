package telemetry

import (
	"math"
	"slices"
	"time"
)

// Scale is the scale of every histogram: 32 buckets for each doubling, each 2.2 % wider than the
// one before. Merging is exact, because all have the same scale.
const Scale = 5

// Histogram is a base-2 exponential histogram, as the OTLP data model defines it: bucket i holds
// the values in (base^i, base^(i+1)], with base = 2^(2^-Scale).
type Histogram struct {
	Count, Zero   uint64
	Sum, Min, Max float64
	Offset        int32 // index of the bucket in Counts[0]
	Counts        []uint64
}

// Record adds one value; values of 0 and below count as zero.
func (h *Histogram) Record(v float64) {
	h.note(v, v, v, 1)
	if v <= 0 {
		h.Zero++
		return
	}
	*h.at(bucketOf(v))++
}

// note adds n values to the count, sum and extremes, not to a bucket.
func (h *Histogram) note(sum, low, high float64, n uint64) {
	if h.Count == 0 {
		h.Min, h.Max = low, high
	}
	h.Min, h.Max = min(h.Min, low), max(h.Max, high)
	h.Sum += sum
	h.Count += n
}

// at returns the count of bucket i. It extends Counts if necessary.
func (h *Histogram) at(i int32) *uint64 {
	switch {
	case len(h.Counts) == 0:
		h.Offset, h.Counts = i, make([]uint64, 1, 8)
	case i < h.Offset:
		h.Counts = slices.Insert(h.Counts, 0, make([]uint64, h.Offset-i)...)
		h.Offset = i
	case int(i-h.Offset) >= len(h.Counts):
		h.Counts = append(h.Counts, make([]uint64, int(i-h.Offset)-len(h.Counts)+1)...)
	}
	return &h.Counts[i-h.Offset]
}

// Median returns a value that is 1.1 % off the median at most; 0 if h is empty. Of an even number
// of values it is the lower one of the two in the middle.
func (h *Histogram) Median() float64 {
	rank := (h.Count + 1) / 2
	seen := h.Zero
	if rank <= seen {
		return 0
	}
	for i, n := range h.Counts {
		if seen += n; seen >= rank {
			middle := math.Exp2((float64(h.Offset) + float64(i) + 0.5) / (1 << Scale)) // of the bucket
			return max(h.Min, min(middle, h.Max))
		}
	}
	return h.Max
}

// Duration returns a number of seconds as a time.Duration.
func Duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// merge adds all values of o.
func (h *Histogram) merge(o *Histogram) {
	if o.Count == 0 {
		return
	}
	h.note(o.Sum, o.Min, o.Max, o.Count)
	h.Zero += o.Zero
	if len(o.Counts) == 0 {
		return
	}
	h.at(o.Offset)
	h.at(o.Offset + int32(len(o.Counts)) - 1)
	for i, n := range o.Counts {
		h.Counts[o.Offset-h.Offset+int32(i)] += n
	}
}

// bucketOf returns the index of the bucket that holds v > 0. Powers of two are upper bounds, and
// computed exactly. Near another boundary, rounding may give the neighbouring bucket, which the
// specification allows.
func bucketOf(v float64) int32 {
	fraction, exponent := math.Frexp(v)
	if fraction == 0.5 {
		return int32((exponent-1)<<Scale) - 1
	}
	return int32(exponent<<Scale) + int32(math.Floor(math.Log2(fraction)*(1<<Scale)))
}
