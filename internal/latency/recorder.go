package latency

import (
	"encoding/binary"
	"maps"
	"math/bits"
	"time"
)

// Recorder counts the samples of one invocation in the buckets of a Histogram. It takes a few KB
// instead of 170, because it holds only the pages of buckets that have samples. The zero value
// is empty. It is not safe for concurrent use.
type Recorder struct {
	pages  [bucketsAtMost >> pageBits]*page
	beyond Sparse // samples that no bucket could hold
	count  int64
	minUs  int64
	maxUs  int64
	sumUs  int64
}

// page holds the counts of neighbouring buckets.
type page [1 << pageBits]uint32

const pageBits = 7

// Record adds one sample, as Histogram.Record does.
func (r *Recorder) Record(d time.Duration) {
	us := d.Round(time.Microsecond).Microseconds()
	if r.count == 0 || us < r.minUs {
		r.minUs = us
	}
	r.maxUs = max(r.maxUs, us)
	r.sumUs += us
	r.count++
	shift := max(bits.Len64(uint64(us))-halfBits-1, 0)
	at := us>>shift + int64(shift)<<halfBits // the reverse of bucketAt
	if us < 0 || at >= bucketsAtMost {
		if r.beyond == nil {
			r.beyond = Sparse{}
		}
		r.beyond.Record(d)
		return
	}
	p := &r.pages[at>>pageBits]
	if *p == nil {
		*p = new(page)
	}
	(*p)[at%(1<<pageBits)]++
}

// Count is the number of samples, those out of range included.
func (r *Recorder) Count() int64 { return r.count }

// each calls do for every bucket that has samples, in ascending order.
func (r *Recorder) each(do func(index, count int64)) {
	for i, p := range r.pages {
		if p == nil {
			continue
		}
		for j, n := range p {
			if n > 0 {
				do(int64(i<<pageBits+j), int64(n))
			}
		}
	}
}

// Sparse returns the samples, as Sparse.Record would have counted them.
func (r *Recorder) Sparse() Sparse {
	distinct := len(r.beyond)
	r.each(func(int64, int64) { distinct++ })
	s := make(Sparse, distinct)
	r.each(func(index, count int64) {
		b := bucketAt(index, count)
		s[b.low+(b.high+1-b.low)/2] = count
	})
	maps.Copy(s, r.beyond)
	return s
}

// Snapshot encodes r. The result equals that of a Histogram, except for the degree of compression.
func (r *Recorder) Snapshot(e *Encoder) (*Snapshot, error) {
	text, err := e.encode(r.appendCounts)
	if err != nil {
		return nil, err
	}
	return &Snapshot{Count: r.count, OutOfRange: r.beyond.Count(), MinUs: r.minUs, MaxUs: r.maxUs, SumUs: r.sumUs, HDR: text}, nil
}

// appendCounts appends the counts in the V2 encoding. A single empty bucket is 0, like several
// it could be -1. Counts are too small for the numbers of nine bytes, which binary.AppendVarint
// writes differently.
func (r *Recorder) appendCounts(b []byte) []byte {
	next := int64(0)
	r.each(func(index, count int64) {
		switch empty := index - next; {
		case empty > 1:
			b = binary.AppendVarint(b, -empty)
		case empty == 1:
			b = append(b, 0)
		}
		b = binary.AppendVarint(b, count)
		next = index + 1
	})
	if next == 0 {
		b = append(b, 0)
	}
	return b
}
