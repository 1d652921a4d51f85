package screen

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"dsql-load-test/internal/quote/quotetest"
)

func TestHostileText(t *testing.T) {
	drawn := func(text string, off bool) string {
		s := State{Phase: Individual, Parts: []Part{{
			Stage: Running, Elapsed: time.Second, Invocations: 9, Planned: 9, Written: 4,
			Errors: map[string]int64{text: 1, text + "2": 2}, Retries: map[string]int64{text: 3}, Throttles: map[string]int64{text: 4},
		}}}
		quotetest.Spoil(&s, text)
		if !off {
			s.Telemetry.Off = ""
		}
		return View(s, 200, 40)
	}
	for _, off := range []bool{false, true} {
		hostile, harmless := drawn(quotetest.Hostile, off), drawn(quotetest.Harmless, off)
		if strings.Contains(hostile, "\x1b[2J") || strings.Contains(hostile, "\x1b]") {
			t.Errorf("%q", hostile)
		}
		quotetest.Clean(t, ansi.Strip(hostile))
		quotetest.SameLines(t, hostile, harmless)
	}
}
