package screen

import (
	"strings"
	"testing"
)

// A tick that comes between the end and the program's last look at the model doesn't
// bring back the frame of a run that goes on.
func TestLastFrameStays(t *testing.T) {
	m := model{source: running, state: running(), width: 80, height: 24}
	if !strings.Contains(m.View().Content, "Ctrl-C") {
		t.Fatal("a run that goes on doesn't say what Ctrl-C does")
	}
	ended, _ := m.Update(endMsg{})
	last := ended.View().Content
	late, _ := ended.Update(tickMsg{})
	if got := late.View().Content; strings.Contains(last, "Ctrl-C") || got != last {
		t.Errorf("the last frame is\n%s\nand after a tick\n%s", last, got)
	}
}
