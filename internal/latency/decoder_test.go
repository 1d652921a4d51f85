package latency

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
)

// byLibrary decodes s with hdrhistogram. It fails on malformed text, on another range or
// precision than New's, and on a count that is not that of the buckets.
func byLibrary(s *Snapshot) (*Histogram, error) {
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

// What the decoder reads is what hdrhistogram's own reads.
func TestDecoderAgreesWithTheLibrary(t *testing.T) {
	var d Decoder
	r := rand.New(rand.NewPCG(1, 12))
	for seed := range uint64(60) {
		h := record(samples(seed, r.IntN(3000)))
		for range r.IntN(3) {
			h.Record(Highest + time.Duration(5+r.IntN(100))*time.Minute)
		}
		s := snapshot(t, h)
		library, err := byLibrary(s)
		if err != nil {
			t.Fatal(err)
		}
		ours := New()
		if err := d.MergeSnapshot(ours, s); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(snapshot(t, library), snapshot(t, ours)); diff != "" {
			t.Fatalf("seed %d: -library +ours\n%s", seed, diff)
		}
	}
}

// Every bucket's bounds are those of the library.
func TestBuckets(t *testing.T) {
	h := New()
	for index := int64(0); index < bucketsAtMost; index++ {
		b := bucketAt(index, 1)
		if !h.hdr.ValuesAreEquivalent(b.low, b.high) || index > 0 && h.hdr.ValuesAreEquivalent(b.low-1, b.low) {
			t.Fatalf("bucket %d: %+v", index, b)
		}
	}
}

func TestDecoderRefuses(t *testing.T) {
	var d Decoder
	for name, c := range map[string]struct {
		change func(*Snapshot)
		want   string // how the error begins
	}{
		"as it is":            {func(*Snapshot) {}, ""},
		"malformed text":      {func(s *Snapshot) { s.HDR = "x" + s.HDR }, "hdr_v2: "},
		"empty text":          {func(s *Snapshot) { s.HDR = "" }, "hdr_v2: "},
		"cut off":             {func(s *Snapshot) { s.HDR = s.HDR[:len(s.HDR)/8*4] }, "hdr_v2: "},
		"other count":         {func(s *Snapshot) { s.Count++ }, "count is 11, must be 10"},
		"negative":            {func(s *Snapshot) { s.OutOfRange, s.Count = -1, s.Count-1 }, "out_of_range is -1"},
		"min of nowhere":      {func(s *Snapshot) { s.MinUs = 0 }, "min_us is 0, must be "},
		"max too small":       {func(s *Snapshot) { s.MaxUs /= 2 }, "max_us is "},
		"max too large":       {func(s *Snapshot) { s.MaxUs = 1 << 62 }, "max_us is 4611686018427387904"},
		"sum negative":        {func(s *Snapshot) { s.SumUs = -s.SumUs }, "sum_us is -"},
		"sum too large":       {func(s *Snapshot) { s.SumUs *= 2 }, "sum_us is "},
		"beyond, without max": {func(s *Snapshot) { s.OutOfRange, s.Count = 1, s.Count+1 }, "max_us is "},
	} {
		s := *snapshot(t, record(samples(1, 10)))
		c.change(&s)
		err := d.Check(&s)
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := d.Check(snapshot(t, record(samples(2, 100)))); err != nil {
		t.Errorf("after all those: %v", err)
	}
}

func FuzzDecoder(f *testing.F) {
	for seed, n := range []int{0, 1, 10, 2000} {
		s, err := record(samples(uint64(seed), n)).Snapshot()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(s.HDR, s.Count, s.OutOfRange, s.MinUs, s.MaxUs, s.SumUs)
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, hdr string, count, beyond, least, most, sum int64) {
		s := &Snapshot{HDR: hdr, Count: count, OutOfRange: beyond, MinUs: least, MaxUs: most, SumUs: sum}
		if err := d.Check(s); err != nil {
			return
		}
		// What is taken, the library takes too.
		h, err := byLibrary(s)
		if err != nil {
			t.Fatalf("%+v is taken, and the library says %v", s, err)
		}
		if h.Count() < 0 || h.Percentile(50) < h.Min() || h.Percentile(50) > h.Max() || h.Max() < 0 {
			t.Errorf("%+v: min %v, p50 %v, max %v", s, h.Min(), h.Percentile(50), h.Max())
		}
	})
}

func BenchmarkDecoder(b *testing.B) {
	var d Decoder
	for _, n := range []int{1, 10, 1000} {
		s, err := record(samples(3, n)).Snapshot()
		if err != nil {
			b.Fatal(err)
		}
		b.Run("ours", func(b *testing.B) {
			for b.Loop() {
				if err := d.Check(s); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("library", func(b *testing.B) {
			for b.Loop() {
				if _, err := byLibrary(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
