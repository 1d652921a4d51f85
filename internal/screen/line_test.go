package screen

import (
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/figure"
)

func TestLine(t *testing.T) {
	part := running().Parts[1]
	done := ended().Parts[2]
	unheard := Part{Name: "batch", Stage: Running, Invocations: 10, Planned: 100, Elapsed: 5 * time.Second}
	many := Part{Name: "batch", Stage: Running, Invocations: 10, Ended: 9, Planned: 2000, Errors: map[string]int64{
		"57P01": 20, "42P01": 1150, "a": 10, "timeout": 50, "b": 4,
	}}
	four := many
	four.Errors = map[string]int64{"57P01": 20, "42P01": 1150, "timeout": 50, "x\n" + strings.Repeat("y", 1000): 4}
	for _, c := range []struct {
		name string
		part Part
		want string
	}{
		{"running", part, "individual: 96/1000 invocations, 309876 rows, 7747 rows/s, p99 34.2 ms, 0 errors, 1m29s left"},
		{"done", done, "batch: done in 12.0 s, 12/1000 invocations, 41000 rows, 3417 rows/s, p99 13.0 s, 1000 errors: connection_lost 600, 40001 (conflict) 400, 1999 retries, 47 throttles"},
		{"many kinds", many, "batch: 9/10 invocations, 0 rows, 1234 errors: 42P01 (undefined table) 1150, timeout 50, 57P01 (shut down) 20, 2 other kinds"},
		{"four kinds", four, "batch: 9/10 invocations, 0 rows, 1224 errors: 42P01 (undefined table) 1150, timeout 50, 57P01 (shut down) 20, x\\n" + strings.Repeat("y", 36) + "… 4"},
		{"nothing heard", unheard, "batch: 0/10 invocations, 0 rows, errors n/a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Line(c.part); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Nothing is left of what has ended, or of what gets no further invocations.
func TestNothingLeft(t *testing.T) {
	for name, change := range map[string]func(*Part){
		"done":      func(p *Part) { p.Stage = Done },
		"draining":  func(p *Part) { p.Draining = true },
		"all there": func(p *Part) { p.Written = p.Planned },
		"unheard":   func(p *Part) { p.Written = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			s := running()
			if !strings.Contains(View(s, 80, 24)+Line(s.Parts[1]), "left") {
				t.Fatal("nothing is left from the start")
			}
			change(&s.Parts[1])
			if got := View(s, 80, 24) + Line(s.Parts[1]); strings.Contains(got, "left") {
				t.Error(got)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{figure.Count(0), "0"},
		{figure.Count(999), "999"},
		{figure.Count(1000), "1,000"},
		{figure.Count(-123456), "-123,456"},
		{figure.Count(1010000), "1,010,000"},
		{perSecond(0), "0.0"},
		{perSecond(9.94), "9.9"},
		{perSecond(46559.6), "46,560"},
		{short(850 * time.Nanosecond), "0.00 ms"},
		{short(9_994 * time.Microsecond), "9.99 ms"},
		{short(34_200 * time.Microsecond), "34.2 ms"},
		{short(423 * time.Millisecond), "423 ms"},
		{short(1950 * time.Millisecond), "1.95 s"},
		{short(75 * time.Second), "75.0 s"},
		{clock(0), "0:00"},
		{clock(59_600 * time.Millisecond), "1:00"},
		{clock(3723 * time.Second), "1:02:03"},
		{strings.Join(named(map[string]int64{"b": 2, "a": 2, "40001": 1300}, figure.Count), ", "), "40001 (conflict) 1,300, a 2, b 2"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	for _, c := range []struct{ part, whole, want int64 }{{0, 0, 0}, {1, 3, 33}, {999, 1000, 99}, {1000, 1000, 100}, {1200, 1000, 100}, {-5, 10, 0}} {
		if got := percent(c.part, c.whole); got != c.want {
			t.Errorf("percent(%d, %d) = %d, want %d", c.part, c.whole, got, c.want)
		}
	}
}
