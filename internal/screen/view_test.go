package screen

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func warmUp() Part {
	return Part{
		Name: "warm-up", Stage: Done, Elapsed: 400 * time.Millisecond, Invocations: 20, Ended: 20, Planned: 20, Written: 20, Acknowledged: 20,
		Total: Percentiles{Samples: 20, P50: 12 * time.Millisecond, P99: 110 * time.Millisecond},
	}
}

func waiting(name string, rows int64) Part { return Part{Name: name, Planned: rows, Invocations: 1000} }

// running is in the middle of a scenario where all goes well.
func running() State {
	return State{
		Phase: Individual, Elapsed: 42 * time.Second,
		Parts: []Part{warmUp(), {
			Name: "individual", Stage: Running, Elapsed: 40 * time.Second, Invocations: 1000, Ended: 96,
			Planned: 1_000_000, Written: 309_876, Acknowledged: 96_000, Recent: 46_560, Window: 5 * time.Second,
			Latency:  Percentiles{Samples: 9000, P50: 3650 * time.Microsecond, P99: 34_200 * time.Microsecond},
			InFlight: 904, Limit: 1000,
		}, waiting("batch", 1_000_000)},
		Telemetry: Telemetry{Endpoint: "localhost:4317", Sent: 91_531, Waiting: 12},
	}
}

// troubled is one where nothing does, and the user has had enough.
func troubled() State {
	s := running()
	s.Phase, s.Interrupts = Batch, 1
	individual := s.Parts[1]
	individual.Stage, individual.Acknowledged, individual.Elapsed = Done, 998_000, 101*time.Second
	individual.Total = Percentiles{Samples: 998_000, P50: time.Millisecond, P99: 2 * time.Second}
	individual.Errors = map[string]int64{"Runtime.ExitError": 2000}
	s.Parts[1] = individual
	s.Parts[2] = Part{
		Name: "batch", Stage: Running, Draining: true, Elapsed: 9 * time.Second, Invocations: 1000, Ended: 12,
		Planned: 1_000_000, Written: 12_000, Acknowledged: 11_000, Recent: 12, Window: 5 * time.Second,
		Latency:  Percentiles{Samples: 110, P50: 1500 * time.Millisecond, P99: 12 * time.Second},
		InFlight: 37, Limit: 1000,
		Errors:    map[string]int64{"40001": 400, "connection_lost": 600},
		Retries:   map[string]int64{"40001": 1999},
		Throttles: map[string]int64{"ConcurrentInvocationLimitExceeded": 7, "not ended yet": 40},
	}
	s.Telemetry = Telemetry{Endpoint: "localhost:4317", Problem: "localhost:4317 doesn't take them", Sent: 5, Waiting: 120_000, Dropped: 9}
	return s
}

func ended() State {
	s := troubled()
	s.Ended = true
	batch := &s.Parts[2]
	batch.Stage, batch.Acknowledged, batch.Elapsed = Done, 41_000, 12*time.Second
	batch.Total = Percentiles{Samples: 410, P50: time.Second, P99: 13 * time.Second}
	return s
}

func TestView(t *testing.T) {
	starting := State{
		Phase: Starting, Elapsed: time.Second, Telemetry: Telemetry{Off: "no collector answers at localhost:4317 (Unavailable)"},
		Parts: []Part{waiting("warm-up", 20), waiting("individual", 10_000), waiting("batch", 1_000_000)},
	}
	unheard := running()
	unheard.Parts[1] = Part{Name: "individual", Stage: Running, Invocations: 1000, Planned: 10_000, InFlight: 1000, Limit: 1000}
	verifying := ended()
	verifying.Phase, verifying.Ended, verifying.Interrupts = Verifying, false, 0
	verifying.IDs, verifying.PlannedIDs = 412_500, 1_010_000
	for _, c := range []struct {
		name          string
		state         State
		width, height int
	}{
		{"starting", starting, 80, 24},
		{"unheard", unheard, 80, 24},
		{"running", running(), 80, 24},
		{"running_wide", running(), 120, 40},
		{"running_narrow", running(), 40, 40},
		{"running_short", running(), 80, 8},
		{"running_tiny", running(), 40, 4},
		{"troubled", troubled(), 80, 24},
		{"troubled_narrow", troubled(), 40, 24},
		{"troubled_short", troubled(), 80, 7},
		{"verifying", verifying, 80, 24},
		{"ended", ended(), 80, 24},
		{"ended_narrow", ended(), 40, 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			coloured := View(c.state, c.width, c.height)
			golden(t, c.name+".txt", ansi.Strip(coloured))
			golden(t, c.name+".ansi", strings.ReplaceAll(coloured, "\x1b", "ESC"))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// A run that fails before anything ran leaves nothing behind.
func TestViewOfNothing(t *testing.T) {
	s := State{Ended: true, Parts: []Part{waiting("individual", 10), waiting("batch", 10)}}
	if got := View(s, 80, 24); got != "" {
		t.Errorf("%q", got)
	}
}

// Whatever the terminal's size, the frame fits, and what is vital is there.
func TestViewFits(t *testing.T) {
	for name, s := range map[string]State{"running": running(), "troubled": troubled(), "ended": ended(), "nothing": {}} {
		for width := 1; width <= 130; width += 3 {
			for height := 1; height <= 40; height++ {
				got := strings.Split(strings.TrimSuffix(ansi.Strip(View(s, width, height)), "\n"), "\n")
				if len(got) > max(1, height-1) {
					t.Fatalf("%s on %dx%d: %d lines", name, width, height, len(got))
				}
				for _, line := range got {
					if n := ansi.StringWidth(line); n > width {
						t.Fatalf("%s on %dx%d: %d columns: %s", name, width, height, n, line)
					}
				}
				if c := s.current(); c != nil && !s.Ended && height > 4 && width >= 40 && !contains(got, c.Name+" ", "Ctrl-C") {
					t.Fatalf("%s on %dx%d: no bar or no word on Ctrl-C:\n%s", name, width, height, strings.Join(got, "\n"))
				}
			}
		}
	}
}

// contains reports whether each word is on some line.
func contains(lines []string, words ...string) bool {
	text := strings.Join(lines, "\n")
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func TestHint(t *testing.T) {
	flying := func(interrupts int) State {
		s := running()
		s.Interrupts = interrupts
		return s
	}
	for _, c := range []struct {
		state State
		want  string
	}{
		{State{Phase: Starting}, "Ctrl-C: stop"},
		{flying(0), "Ctrl-C: let the 904 in flight finish and report"},
		{flying(1), "draining: 904 in flight; Ctrl-C again gives them up"},
		{flying(2), "giving up; Ctrl-C again ends the program at once"},
		{State{Phase: Individual}, "Ctrl-C: finish and report"},
		{State{Phase: Verifying}, "Ctrl-C twice: report without it"},
		{State{Phase: Verifying, Interrupts: 1}, "finishing; Ctrl-C again gives that up"},
		{State{Phase: Sending}, "Ctrl-C twice: report without it"},
		{State{Phase: Comparing}, "Ctrl-C: report without it"},
		{State{Phase: Asking}, "Ctrl-C: report without it"},
	} {
		t.Run(fmt.Sprintf("%s %d", c.state.Phase, c.state.Interrupts), func(t *testing.T) {
			if got := hint(&c.state); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func BenchmarkView(b *testing.B) {
	s := troubled()
	b.ReportAllocs()
	for b.Loop() {
		_ = View(s, 100, 40)
	}
}
