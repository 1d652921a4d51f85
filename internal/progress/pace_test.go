package progress

import (
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

func TestPace(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	type sample struct {
		at   float64
		rows int64
	}
	for _, c := range []struct {
		name    string
		samples []sample
		now     float64
		counted bool
		rows    int64
		window  time.Duration
	}{
		{"nothing", nil, 5, true, 0, 0},
		{"one", []sample{{1, 10}}, 1, true, 0, 0},
		{"two", []sample{{1, 10}, {2, 30}}, 2, true, 20, time.Second},
		{"the last seconds only", []sample{{0, 0}, {1, 1000}, {6, 1500}, {7, 1600}}, 7, true, 600, 6 * time.Second},
		{"stale", []sample{{0, 0}, {1, 10}}, 7, true, 0, 0},
		{"standing still", []sample{{0, 10}, {1, 10}}, 1, true, 0, time.Second},
		{"standing still between answers", []sample{{0, 10}, {1, 10}}, 1, false, 0, 0},
		{"answers", []sample{{0, 0}, {1, 0}, {9, 90}}, 9, false, 90, 9 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p pace
			for _, s := range c.samples {
				p.add(at(s.at), s.rows)
			}
			if rows, window := p.recent(at(c.now), c.counted); rows != c.rows || window != c.window {
				t.Errorf("%d rows in %v, want %d in %v", rows, window, c.rows, c.window)
			}
		})
	}
}

func TestPaceForgets(t *testing.T) {
	var p pace
	for i := range 1000 {
		p.add(time.Unix(int64(i), 0), int64(i))
	}
	if len(p.samples) != 11 {
		t.Errorf("%d samples are kept", len(p.samples))
	}
}

// The latencies on the screen are those of the last seconds heard of, in
// whatever order the invocations answer.
func TestStatements(t *testing.T) {
	all := bench.Account{Planned: 10, Acknowledged: 10}
	s := newStatements()
	for _, c := range []struct {
		second  int64
		took    time.Duration
		samples int64
		p50     time.Duration
	}{
		{1000, 10 * time.Millisecond, 10, 10 * time.Millisecond},
		{1009, 30 * time.Millisecond, 20, 10 * time.Millisecond},
		{1004, 20 * time.Millisecond, 30, 20 * time.Millisecond},
		{1010, 30 * time.Millisecond, 30, 30 * time.Millisecond}, // 1000 is out
		{1000, 10 * time.Millisecond, 30, 30 * time.Millisecond}, // and stays out
	} {
		s.add(answer(t, 0, all, c.took, c.second).Response)
		got := s.recent()
		if got.Samples != c.samples || got.P50.Round(time.Millisecond) != c.p50 {
			t.Errorf("after second %d: %+v, want %d samples and p50 %v", c.second, got, c.samples, c.p50)
		}
	}
	if got := s.total(); got.Samples != 50 || got.P50.Round(time.Millisecond) != 20*time.Millisecond {
		t.Errorf("%+v in all, want 50", got)
	}
	cut := answer(t, 0, all, 40*time.Millisecond, 1010).Response
	cut.Timeline = nil // it was too large
	s.add(cut)
	if got := s.total(); got.Samples != 60 || got.P99.Round(time.Millisecond) != 40*time.Millisecond {
		t.Errorf("%+v in all, want 60", got)
	}
	if len(s.seconds) != 3 {
		t.Errorf("%d seconds are kept", len(s.seconds))
	}
}
