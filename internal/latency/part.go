package latency

import (
	"errors"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

var errNotPart = errors.New("more samples in a part than in the whole")

// Without returns the samples of h that aren't in part, bucket by bucket. It fails if part has
// a bucket with more samples than h has there. Count and Mean of the rest are exact; Min and Max
// are exact if part doesn't reach them, else those of the bucket.
func (h *Histogram) Without(part *Histogram) (*Histogram, error) {
	counts, less := h.hdr.Export(), part.hdr.Export()
	for i, n := range less.Counts {
		if counts.Counts[i] -= n; counts.Counts[i] < 0 {
			return nil, fmt.Errorf("bucket %d: %w", i, errNotPart)
		}
	}
	rest := New()
	rest.hdr = hdrhistogram.Import(counts)
	rest.outOfRange, rest.sumUs = h.outOfRange-part.outOfRange, h.sumUs-part.sumUs
	if rest.outOfRange < 0 {
		return nil, errNotPart
	}
	if rest.Count() == 0 {
		return rest, nil
	}
	rest.minUs, rest.maxUs = h.minUs, h.maxUs
	if rest.hdr.TotalCount() > 0 {
		rest.minUs = max(h.minUs, rest.hdr.Min())
		if rest.outOfRange == 0 {
			rest.maxUs = min(h.maxUs, rest.hdr.Max())
		}
	}
	return rest, nil
}

// PartOf reports whether s can be a part of whole: no bucket has more samples.
func (s Samples) PartOf(whole Samples) bool {
	in := map[int64]int64{}
	for _, b := range whole.buckets {
		in[b.low] = b.count
	}
	for _, b := range s.buckets {
		if b.count > in[b.low] {
			return false
		}
	}
	return s.of.OutOfRange <= whole.of.OutOfRange
}
