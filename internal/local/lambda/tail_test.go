package lambda

import (
	"strings"
	"testing"
)

// An invocation's log is what was written since it began, the last 4 KB of that.
func TestTailSince(t *testing.T) {
	var log tail
	write := func(text string) {
		t.Helper()
		if n, err := log.Write([]byte(text)); err != nil || n != len(text) {
			t.Fatal(n, err)
		}
	}
	write("init\n")
	first := log.written()
	write("first\n")
	second := log.written()
	if got := log.since(second); got != "" {
		t.Errorf("nothing was written since, got %q", got)
	}
	write("second\n")
	for end, want := range map[int64]string{0: "init\nfirst\nsecond\n", first: "first\nsecond\n", second: "second\n"} {
		if got := log.since(end); got != want {
			t.Errorf("since %d: %q, want %q", end, got, want)
		}
	}
	write(strings.Repeat("x", tailBytes))
	for _, end := range []int64{0, second, log.written() - tailBytes} {
		if got := log.since(end); got != strings.Repeat("x", tailBytes) {
			t.Errorf("since %d: %d bytes that begin with %.10q", end, len(got), got)
		}
	}
}
