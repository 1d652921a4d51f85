package screen

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// Spans that were left out by rule are shown apart from dropped ones.
func TestViewOfNotKept(t *testing.T) {
	s := running()
	s.Telemetry.NotKept = 123_456
	if got := ansi.Strip(View(s, 120, 40)); !strings.Contains(got, "0 dropped, 123,456 not kept, to localhost:4317") {
		t.Error(got)
	}
}
