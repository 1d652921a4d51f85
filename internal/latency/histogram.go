// Package latency records durations and reports their distribution.
//
// It is the only importer of hdrhistogram. A Histogram holds three significant
// figures from 1 µs to 15 minutes, the longest a Lambda invocation can last.
// Percentiles are always taken from merged histograms, never averaged. Minimum,
// maximum and sum are kept exactly (to the microsecond) beside the buckets, and
// a sample outside the range is counted, never clamped into it.
//
// The function records with a Recorder, whose snapshots an Encoder makes. The driver reads
// snapshots with a Decoder and merges them into Histograms.
package latency

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Highest is the longest duration a Histogram can place in a bucket: AWS
// Lambda's longest time-out, which no statement can outlast.
const Highest = 15 * time.Minute

const (
	lowestUs           = 1
	significantFigures = 3
)

// Histogram is a distribution of durations. The zero value is not usable; call
// New. It is not safe for concurrent use: record locally, then Merge.
type Histogram struct {
	hdr        *hdrhistogram.Histogram
	outOfRange int64 // samples that no bucket could hold
	minUs      int64
	maxUs      int64
	sumUs      int64
}

// New returns an empty Histogram (about 170 KB).
func New() *Histogram {
	return &Histogram{
		hdr:   hdrhistogram.New(lowestUs, Highest.Microseconds(), significantFigures),
		minUs: math.MaxInt64,
	}
}

// Record adds one sample, rounded to the nearest microsecond. A negative sample,
// or one beyond the last bucket, which ends a little above Highest, is out of range: it
// counts in Count, Min, Max and Mean, but is in no bucket.
func (h *Histogram) Record(d time.Duration) {
	h.recordUs(d.Round(time.Microsecond).Microseconds(), 1)
}

func (h *Histogram) recordUs(us, n int64) {
	if err := h.hdr.RecordValues(us, n); err != nil {
		h.outOfRange += n
	}
	h.minUs = min(h.minUs, us)
	h.maxUs = max(h.maxUs, us)
	h.sumUs += us * n
}

// Merge adds all samples of o to h.
func (h *Histogram) Merge(o *Histogram) {
	h.outOfRange += o.outOfRange + h.hdr.Merge(o.hdr)
	h.minUs = min(h.minUs, o.minUs)
	h.maxUs = max(h.maxUs, o.maxUs)
	h.sumUs += o.sumUs
}

// Count is the number of samples, those out of range included.
func (h *Histogram) Count() int64 { return h.hdr.TotalCount() + h.outOfRange }

// Min is the exact smallest sample, 0 when there is none.
func (h *Histogram) Min() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return micros(h.minUs)
}

// Max is the exact largest sample, 0 when there is none.
func (h *Histogram) Max() time.Duration { return micros(h.maxUs) }

// Mean is the exact arithmetic mean, 0 when there is no sample.
func (h *Histogram) Mean() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(float64(h.sumUs) / float64(h.Count()) * float64(time.Microsecond))
}

// Percentile is the smallest recorded value that at least p percent of the
// samples do not exceed (nearest rank), 0 < p <= 100, within 0.1 percent. It is
// 0 for an empty Histogram, and Max when the rank falls among the samples that
// are out of range.
func (h *Histogram) Percentile(p float64) time.Duration {
	n := h.Count()
	if n == 0 {
		return 0
	}
	rank := NearestRank(p, n)
	inRange := h.hdr.TotalCount()
	if rank > inRange {
		return h.Max()
	}
	us := h.hdr.ValueAtPercentile(100 * float64(rank) / float64(inRange))
	return micros(max(h.minUs, min(us, h.maxUs)))
}

// NearestRank is the 1-based position of percentile p (0 < p <= 100) among n
// sorted samples: ceil(p/100 * n), at least 1.
func NearestRank(p float64, n int64) int64 {
	// The subtraction undoes the binary rounding of p/100 (99.9 percent of
	// 1000 is 999, not 999.0000000000001 and so 1000).
	rank := int64(math.Ceil(p*float64(n)/100 - 1e-9))
	return min(max(rank, 1), n)
}

// Enough reports whether n samples support percentile p: at least ten of them
// must lie beyond it, n >= 10 / (1 - p/100).
func Enough(p float64, n int64) bool {
	return float64(n)*(100-p) >= 1000-1e-6
}

// Needed is how many samples support percentile p.
func Needed(p float64) int64 { return int64(math.Ceil(1000/(100-p) - 1e-6)) }

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }
