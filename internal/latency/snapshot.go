package latency

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Snapshot is a Histogram in transit or at rest. HDR is the base64 text of the
// standard compressed V2 encoding (values in microseconds), which any
// HdrHistogram tool reads. The other fields are what the buckets can't say.
type Snapshot struct {
	Count      int64  `json:"count"`
	OutOfRange int64  `json:"out_of_range"`
	MinUs      int64  `json:"min_us"`
	MaxUs      int64  `json:"max_us"`
	SumUs      int64  `json:"sum_us"`
	HDR        string `json:"hdr_v2"`
}

// Snapshot encodes h; about 640 bytes for a typical distribution.
func (h *Histogram) Snapshot() (*Snapshot, error) {
	text, err := h.hdr.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encode histogram: %w", err)
	}
	return &Snapshot{
		Count: h.Count(), OutOfRange: h.outOfRange,
		MinUs: h.Min().Microseconds(), MaxUs: h.maxUs, SumUs: h.sumUs,
		HDR: string(text),
	}, nil
}

// Histogram decodes s. It fails on malformed text, on another range or
// precision than New's, and on a count that is not that of the buckets.
func (s *Snapshot) Histogram() (*Histogram, error) {
	hdr, err := hdrhistogram.Decode([]byte(s.HDR))
	if err != nil {
		return nil, fmt.Errorf("decode histogram: %w", err)
	}
	h := New()
	if hdr.SignificantFigures() != significantFigures || hdr.LowestTrackableValue() != lowestUs {
		return nil, fmt.Errorf("decode histogram: %d significant figures from %d, want %d from %d",
			hdr.SignificantFigures(), hdr.LowestTrackableValue(), significantFigures, lowestUs)
	}
	if dropped := h.hdr.Merge(hdr); dropped > 0 {
		return nil, fmt.Errorf("decode histogram: %d samples above %v", dropped, Highest)
	}
	h.outOfRange, h.maxUs, h.sumUs = s.OutOfRange, s.MaxUs, s.SumUs
	if s.OutOfRange < 0 || h.Count() != s.Count {
		return nil, fmt.Errorf("decode histogram: buckets hold %d samples, count says %d", h.Count(), s.Count)
	}
	if s.Count > 0 {
		h.minUs = s.MinUs
	}
	return h, nil
}
