package latency

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Snapshot is a Histogram in transit or at rest. HDR is the base64 text of the
// standard compressed V2 encoding (values in microseconds), which any
// HdrHistogram tool reads. The other fields are exact values that the buckets lack.
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

// Histogram decodes s. It fails as Decoder.Check does.
func (s *Snapshot) Histogram() (*Histogram, error) {
	h := New()
	if err := new(Decoder).MergeSnapshot(h, s); err != nil {
		return nil, fmt.Errorf("decode histogram: %w", err)
	}
	return h, nil
}
