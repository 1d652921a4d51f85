package latency

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is left of a whole without a part are the samples that aren't in the part.
func TestWithout(t *testing.T) {
	for seed := range uint64(20) {
		all := samples(seed, 500)
		part, others := record(all[:200]), record(all[200:])
		rest, err := record(all).Without(part)
		if err != nil {
			t.Fatal(err)
		}
		got, want := snapshot(t, rest), snapshot(t, others)
		near := func(a, b int64) bool { return a >= b-b/1000-1 && a <= b+b/1000+1 }
		if !near(got.MinUs, want.MinUs) || !near(got.MaxUs, want.MaxUs) {
			t.Errorf("seed %d: %d to %d us, want %d to %d", seed, got.MinUs, got.MaxUs, want.MinUs, want.MaxUs)
		}
		if err := new(Decoder).Check(got); err != nil {
			t.Error(err)
		}
		got.MinUs, got.MaxUs = want.MinUs, want.MaxUs
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("seed %d: -want +got\n%s", seed, diff)
		}
	}
}

func TestWithoutRefusesAnotherPart(t *testing.T) {
	beyond := []time.Duration{Highest + time.Hour}
	for name, c := range map[string]struct {
		whole, part []time.Duration
		ok          bool
	}{
		"itself":           {samples(1, 10), samples(1, 10), true},
		"nothing":          {samples(1, 10), nil, true},
		"nothing of none":  {nil, nil, true},
		"other samples":    {samples(1, 10), samples(2, 1), false},
		"more in a bucket": {samples(1, 10), append(samples(1, 10), samples(1, 1)...), false},
		"out of range":     {beyond, beyond, true},
		"all in range":     {append(samples(1, 10), beyond...), samples(1, 10), true},
		"more than that":   {samples(1, 10), beyond, false},
	} {
		whole, part := record(c.whole), record(c.part)
		rest, err := whole.Without(part)
		if ok := err == nil; ok != c.ok || !ok && !errors.Is(err, errNotPart) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && rest.Count() != whole.Count()-part.Count() {
			t.Errorf("%s: %d left", name, rest.Count())
		}
		if err == nil {
			if err := new(Decoder).Check(snapshot(t, rest)); err != nil {
				t.Errorf("%s: what is left: %v", name, err)
			}
		}
		var d Decoder
		of, err1 := d.Decode(snapshot(t, whole))
		is, err2 := d.Decode(snapshot(t, part))
		if err := errors.Join(err1, err2); err != nil || (is.PartOf(of) == nil) != c.ok {
			t.Errorf("%s: PartOf returns %v, %v", name, is.PartOf(of), err)
		}
	}
}

func TestBeyond(t *testing.T) {
	if last := bucketAt(bucketsAtMost-1, 1); last.high != beyondUs-1 {
		t.Errorf("the last bucket ends at %d us", last.high)
	}
}

// A part with the whole's buckets may still contradict it.
func TestPartOfLies(t *testing.T) {
	whole := snapshot(t, record([]time.Duration{time.Millisecond, time.Second, time.Second}))
	part := snapshot(t, record([]time.Duration{time.Second, time.Second}))
	least := *part
	least.SumUs, least.MinUs = least.SumUs-50, least.MinUs-50
	for name, c := range map[string]struct {
		of   *Snapshot
		part Snapshot
		want string
	}{
		"true":         {whole, *part, ""},
		"too little":   {whole, least, "of the rest of the whole, sum_us is 1050, must be 1000 to 1000, as in the buckets"},
		"of all":       {part, least, "the sum of the whole is 2000000 us, that of all its samples 1999950 us"},
		"of the whole": {whole, *whole, ""},
	} {
		var d Decoder
		of, err1 := d.Decode(c.of)
		is, err2 := d.Decode(&c.part)
		got := ""
		if err := is.PartOf(of); err != nil {
			got = err.Error()
		}
		if err := errors.Join(err1, err2); err != nil || got != c.want {
			t.Errorf("%s: %q, want %q; %v", name, got, c.want, err)
		}
	}
}
