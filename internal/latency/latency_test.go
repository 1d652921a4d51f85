package latency

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// samples draws n durations, log-normal as latencies are, plus a heavy tail.
func samples(seed uint64, n int) []time.Duration {
	r := rand.New(rand.NewPCG(seed, 1))
	ds := make([]time.Duration, n)
	for i := range ds {
		us := math.Exp(r.NormFloat64()*1.2 + 8.5)
		if r.IntN(200) == 0 {
			us *= 100
		}
		ds[i] = time.Duration(max(us, 1)) * time.Microsecond
	}
	return ds
}

func record(ds []time.Duration) *Histogram {
	h := New()
	for _, d := range ds {
		h.Record(d)
	}
	return h
}

func TestPercentilesAgreeWithSortedSamples(t *testing.T) {
	for seed := range uint64(40) {
		ds := samples(seed, 1+int(seed)*257)
		h := record(ds)
		slices.Sort(ds)
		for _, p := range []float64{0.1, 1, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100} {
			want := ds[NearestRank(p, int64(len(ds)))-1]
			got := h.Percentile(p)
			if diff := math.Abs(float64(got - want)); diff > 0.001*float64(want) {
				t.Errorf("seed %d n %d: p%v = %v, sorted samples say %v", seed, len(ds), p, got, want)
			}
		}
		if h.Min() != ds[0] || h.Max() != ds[len(ds)-1] {
			t.Errorf("seed %d: min %v max %v, want %v %v", seed, h.Min(), h.Max(), ds[0], ds[len(ds)-1])
		}
	}
}

func TestMergeOfSplitIsWhole(t *testing.T) {
	for seed := range uint64(20) {
		ds := samples(seed, 3000)
		ds = append(ds, 20*time.Minute, -time.Second)
		parts := make([]*Histogram, 1+seed)
		for i := range parts {
			parts[i] = New()
		}
		for i, d := range ds {
			parts[i%len(parts)].Record(d)
		}
		merged := New()
		for _, p := range parts {
			merged.Merge(roundTrip(t, p))
		}
		if diff := cmp.Diff(snapshot(t, record(ds)), snapshot(t, merged)); diff != "" {
			t.Fatalf("seed %d, %d parts: -whole +merged\n%s", seed, len(parts), diff)
		}
	}
}

func TestOutOfRangeIsCountedNotClamped(t *testing.T) {
	h := record([]time.Duration{time.Millisecond, 20 * time.Minute})
	if h.Count() != 2 || h.outOfRange != 1 {
		t.Errorf("count %d out of range %d, want 2 and 1", h.Count(), h.outOfRange)
	}
	if h.Max() != 20*time.Minute || h.Percentile(100) != 20*time.Minute {
		t.Errorf("max %v p100 %v, want 20m", h.Max(), h.Percentile(100))
	}
	if got, want := h.Mean(), (20*time.Minute+time.Millisecond)/2; got != want {
		t.Errorf("mean %v, want %v", got, want)
	}
}

func TestEmpty(t *testing.T) {
	h := roundTrip(t, New())
	if h.Count() != 0 || h.Min() != 0 || h.Max() != 0 || h.Mean() != 0 || h.Percentile(99) != 0 {
		t.Errorf("empty histogram: %+v", snapshot(t, h))
	}
	h.Record(3 * time.Millisecond)
	if h.Min() != 3*time.Millisecond {
		t.Errorf("min after a decoded empty histogram: %v, want 3ms", h.Min())
	}
}

func TestEnough(t *testing.T) {
	for _, c := range []struct {
		p     float64
		least int64
	}{{50, 20}, {90, 100}, {95, 200}, {99, 1000}, {99.9, 10000}} {
		if Enough(c.p, c.least-1) || !Enough(c.p, c.least) {
			t.Errorf("p%v wants exactly %d samples", c.p, c.least)
		}
		if got := Needed(c.p); got != c.least {
			t.Errorf("p%v needs %d samples, want %d", c.p, got, c.least)
		}
	}
}

func TestSparseAgreesWithHistogram(t *testing.T) {
	ds := samples(7, 5000)
	s := Sparse{}
	for _, d := range ds {
		s.Record(d)
	}
	var back Sparse
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	h := New()
	h.MergeSparse(back)
	whole := record(ds)
	if h.Count() != whole.Count() || s.Count() != whole.Count() {
		t.Fatalf("count %d and %d, want %d", h.Count(), s.Count(), whole.Count())
	}
	for _, p := range []float64{1, 50, 99, 99.9} {
		got, want := h.Percentile(p), whole.Percentile(p)
		if math.Abs(float64(got-want)) > 0.001*float64(want) {
			t.Errorf("p%v = %v, want %v", p, got, want)
		}
	}
}

// What documents say of a second's figures: within 0.1 percent, of every length.
func TestSparseIsNear(t *testing.T) {
	for us := int64(1); us < Highest.Microseconds(); us += 1 + us/97 {
		s, h := Sparse{}, New()
		s.Record(time.Duration(us) * time.Microsecond)
		h.MergeSparse(s)
		for _, got := range []time.Duration{h.Min(), h.Max(), h.Percentile(50), h.Percentile(99)} {
			if off := math.Abs(float64(got.Microseconds() - us)); off > 0.001*float64(us) {
				t.Fatalf("%d us are told as %v", us, got)
			}
		}
	}
}

func TestSnapshotRefusesWhatIsNotOurs(t *testing.T) {
	good := snapshot(t, record(samples(1, 10)))
	for name, change := range map[string]func(*Snapshot){
		"malformed text": func(s *Snapshot) { s.HDR = "x" + s.HDR },
		"empty text":     func(s *Snapshot) { s.HDR = "" },
		"other count":    func(s *Snapshot) { s.Count++ },
		"negative":       func(s *Snapshot) { s.OutOfRange, s.Count = -1, s.Count-1 },
	} {
		bad := *good
		change(&bad)
		if _, err := bad.Histogram(); err == nil {
			t.Errorf("%s: decoded without an error", name)
		}
	}
}

func snapshot(t *testing.T, h *Histogram) *Snapshot {
	t.Helper()
	s, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func roundTrip(t *testing.T, h *Histogram) *Histogram {
	t.Helper()
	back, err := byLibrary(snapshot(t, h))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func BenchmarkRecord(b *testing.B) {
	h := New()
	for b.Loop() {
		h.Record(4321 * time.Microsecond)
	}
}
