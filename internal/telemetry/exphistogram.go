package telemetry

import (
	"math"
	"slices"
)

// scale is that of every histogram: 32 buckets for each doubling, each 2.2 %
// wider than the one before. One scale for all makes merging exact.
const scale = 5

// exphistogram is a base-2 exponential histogram, as the OTLP data model
// defines it: bucket i holds values in (base^i, base^(i+1)], base = 2^(2^-scale).
type exphistogram struct {
	count, zero   uint64
	sum, min, max float64
	offset        int32 // of counts[0]
	counts        []uint64
}

// record adds one value; values of 0 and below count as zero.
func (h *exphistogram) record(v float64) {
	h.note(v, v, v, 1)
	if v <= 0 {
		h.zero++
		return
	}
	*h.at(bucketOf(v))++
}

// note adds n values of which only the sum and the extremes are told.
func (h *exphistogram) note(sum, low, high float64, n uint64) {
	if h.count == 0 {
		h.min, h.max = low, high
	}
	h.min, h.max = min(h.min, low), max(h.max, high)
	h.sum += sum
	h.count += n
}

// at is the count of bucket i, which it makes room for.
func (h *exphistogram) at(i int32) *uint64 {
	switch {
	case len(h.counts) == 0:
		h.offset, h.counts = i, make([]uint64, 1, 8)
	case i < h.offset:
		h.counts = slices.Insert(h.counts, 0, make([]uint64, h.offset-i)...)
		h.offset = i
	case int(i-h.offset) >= len(h.counts):
		h.counts = append(h.counts, make([]uint64, int(i-h.offset)-len(h.counts)+1)...)
	}
	return &h.counts[i-h.offset]
}

// merge adds all values of o.
func (h *exphistogram) merge(o *exphistogram) {
	if o.count == 0 {
		return
	}
	h.note(o.sum, o.min, o.max, o.count)
	h.zero += o.zero
	if len(o.counts) == 0 {
		return
	}
	h.at(o.offset)
	h.at(o.offset + int32(len(o.counts)) - 1)
	for i, n := range o.counts {
		h.counts[o.offset-h.offset+int32(i)] += n
	}
}

// bucketOf is the index of the bucket that holds v > 0. Powers of two are upper
// bounds and computed exactly; elsewhere the logarithm may err by one bucket
// within a rounding error of a boundary, as the specification allows.
func bucketOf(v float64) int32 {
	fraction, exponent := math.Frexp(v)
	if fraction == 0.5 {
		return int32((exponent-1)<<scale) - 1
	}
	return int32(exponent<<scale) + int32(math.Floor(math.Log2(fraction)*(1<<scale)))
}
