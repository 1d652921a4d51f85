package latency

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
)

// A Recorder keeps what a Histogram and a Sparse keep, and any HdrHistogram tool reads it.
func TestRecorder(t *testing.T) {
	t.Parallel()
	var e Encoder
	random := rand.New(rand.NewPCG(1, 2))
	for _, tc := range []struct {
		name    string
		samples int
		longest time.Duration
		more    []time.Duration
	}{
		{name: "none"},
		{name: "one", more: []time.Duration{1500 * time.Microsecond}},
		{name: "zero and neighbours", more: []time.Duration{0, 2 * time.Microsecond, 3 * time.Microsecond, 5 * time.Microsecond}},
		{name: "many", samples: 5000, longest: 5 * time.Millisecond},
		{name: "the whole range", samples: 5000, longest: Highest},
		{name: "the edges of buckets", more: []time.Duration{2047 * time.Microsecond, 2048 * time.Microsecond, 4095 * time.Microsecond, 4096 * time.Microsecond, (1<<30 - 1) * time.Microsecond}},
		{name: "out of range", samples: 10, longest: time.Second, more: []time.Duration{1 << 30 * time.Microsecond, time.Hour, -time.Second}},
		{name: "only out of range", more: []time.Duration{time.Hour}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got Recorder
			want, sparse := New(), Sparse{}
			samples := tc.more
			for range tc.samples {
				samples = append(samples, time.Duration(random.Int64N(int64(tc.longest))))
			}
			for _, d := range samples {
				got.Record(d)
				want.Record(d)
				sparse.Record(d)
			}
			if diff := cmp.Diff(sparse, got.Sparse()); diff != "" {
				t.Error(diff)
			}
			a, err := want.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			b, err := got.Snapshot(&e)
			if err != nil {
				t.Fatal(err)
			}
			other, err := hdrhistogram.Decode([]byte(b.HDR))
			if err != nil || !other.Equals(want.hdr) {
				t.Errorf("another histogram, error %v", err)
			}
			if before, after := new(Decoder).Check(a), new(Decoder).Check(b); fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("error %v, want %v", after, before)
			}
			a.HDR, b.HDR = "", ""
			if diff := cmp.Diff(a, b); diff != "" || got.Count() != want.Count() {
				t.Error(diff)
			}
		})
	}
}
