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
	rest.minUs, rest.maxUs = max(h.minUs, beyondUs), h.maxUs
	if rest.hdr.TotalCount() > 0 {
		rest.minUs = max(h.minUs, rest.hdr.Min())
		if rest.outOfRange == 0 {
			rest.maxUs = min(h.maxUs, rest.hdr.Max())
		}
	}
	return rest, nil
}

// PartOf returns the reason why s can't be a part of whole: a bucket has more samples, or what
// would be left contradicts itself, as Decoder.Check says.
func (s Samples) PartOf(whole Samples) error {
	in := map[int64]int64{}
	for _, b := range s.buckets {
		in[b.low] = b.count
	}
	var buckets []bucket
	matched := 0
	for _, b := range whole.buckets {
		if n, ok := in[b.low]; ok {
			matched++
			b.count -= n
		}
		if b.count < 0 {
			return errNotPart
		}
		if b.count > 0 {
			buckets = append(buckets, b)
		}
	}
	rest := Snapshot{
		Count: whole.of.Count - s.of.Count, OutOfRange: whole.of.OutOfRange - s.of.OutOfRange,
		SumUs: whole.of.SumUs - s.of.SumUs, MinUs: whole.of.MinUs, MaxUs: whole.of.MaxUs,
	}
	if matched < len(s.buckets) || rest.OutOfRange < 0 {
		return errNotPart
	}
	if rest.Count == 0 {
		if rest.SumUs != 0 {
			return fmt.Errorf("the sum of the whole is %d us, that of all its samples %d us", whole.of.SumUs, s.of.SumUs)
		}
		return nil
	}
	low, high := int64(beyondUs), whole.of.MaxUs
	if len(buckets) > 0 {
		low = buckets[0].low
		if rest.OutOfRange == 0 {
			high = buckets[len(buckets)-1].high
		}
	}
	rest.MinUs, rest.MaxUs = max(rest.MinUs, low), min(rest.MaxUs, high)
	if err := rest.agrees(buckets); err != nil {
		return fmt.Errorf("of the rest of the whole, %w", err)
	}
	return nil
}
