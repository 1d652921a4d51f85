package screen

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	type counted struct {
		at   float64
		rows int64
	}
	for _, c := range []struct {
		name    string
		samples []counted
		now     float64
		counted bool
		rows    int64
		window  time.Duration
	}{
		{"nothing", nil, 5, true, 0, 0},
		{"one", []counted{{1, 10}}, 1, true, 0, 0},
		{"two", []counted{{1, 10}, {2, 30}}, 2, true, 20, time.Second},
		{"the last seconds only", []counted{{0, 0}, {1, 1000}, {6, 1500}, {7, 1600}}, 7, true, 600, 6 * time.Second},
		{"stale", []counted{{0, 0}, {1, 10}}, 7, true, 0, 0},
		{"standing still", []counted{{0, 10}, {2, 10}}, 2, true, 0, 2 * time.Second},
		{"a count that comes late", []counted{{0, 10}, {1.9, 10}}, 1.9, true, 0, 0},
		{"standing still between answers", []counted{{0, 10}, {1, 10}}, 1, false, 0, 0},
		{"answers", []counted{{0, 0}, {1, 0}, {9, 90}}, 9, false, 90, 9 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p Pace
			for _, s := range c.samples {
				p.Add(at(s.at), s.rows)
			}
			if rows, window := p.Recent(at(c.now), c.counted); rows != c.rows || window != c.window {
				t.Errorf("%d rows in %v, want %d in %v", rows, window, c.rows, c.window)
			}
		})
	}
}

func TestPaceForgets(t *testing.T) {
	var p Pace
	for i := range 1000 {
		p.Add(time.Unix(int64(i), 0), int64(i))
	}
	if len(p.samples) != 11 {
		t.Errorf("%d samples are kept", len(p.samples))
	}
}
