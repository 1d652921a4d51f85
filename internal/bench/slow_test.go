package bench_test

import (
	"encoding/json"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

func TestSlowLatency(t *testing.T) {
	for text, want := range map[string]struct {
		slow     bench.SlowLatency
		duration time.Duration
		shown    string
	}{
		`"auto"`: {bench.AutoSlow, 100 * time.Millisecond, "auto"},
		`0.5`:    {0.5, 500 * time.Microsecond, "500µs"},
		`100`:    {100, 100 * time.Millisecond, "100ms"},
		`0`:      {0, 0, "0s"},
	} {
		var got bench.SlowLatency
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want.slow || got.Duration() != want.duration || got.String() != want.shown {
			t.Errorf("%s: %v of %v, error %v", text, got, got.Duration(), err)
		}
		if again, err := json.Marshal(got); err != nil || string(again) != text {
			t.Errorf("%s became %s, error %v", text, again, err)
		}
	}
	got := bench.SlowLatency(7)
	if err := json.Unmarshal([]byte("null"), &got); err != nil || got != 7 {
		t.Errorf("null: %v, error %v", got, err)
	}
	for _, text := range []string{`"Auto"`, `""`, `true`, `[]`, `1e400`} {
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is taken as %v", text, got)
		}
	}
}

// A scenario of up to 20,000 statements has a span for each; a larger one has 10,000 to 20,000.
func TestSpanSampling(t *testing.T) {
	for _, n := range []int64{0, 1, 10_000, 20_000, 20_001, 40_000, 50_000, 1_000_000, 123_456_789} {
		every := bench.SpanSampling(bench.DetailAuto, n)
		if kept := n / int64(every); n <= 20_000 && every != 1 || n > 20_000 && (kept < 10_000 || kept > 20_000) {
			t.Errorf("one in %d of %d", every, n)
		}
		for _, d := range []bench.TraceDetail{bench.DetailAll, bench.DetailLogical} {
			if every := bench.SpanSampling(d, n); every != 1 {
				t.Errorf("%s: one in %d of %d", d, every, n)
			}
		}
	}
}
