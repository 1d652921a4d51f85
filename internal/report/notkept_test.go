package report

import (
	"io"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
)

// Spans that were left out by rule are reported as not kept, apart from lost ones.
func TestNotKept(t *testing.T) {
	t.Parallel()
	r := everything(t)
	for name, write := range map[string]func(io.Writer, *bench.Record) error{"text": Text, "Markdown": Markdown} {
		if text := string(rendered(t, write, r)); strings.Contains(text, "not kept") {
			t.Errorf("%s of a run that kept all: %s", name, text)
		}
	}
	r.Telemetry.Spans.NotKept, r.Telemetry.NotKeptRows = 1234, 2468
	for name, want := range map[string][]string{
		string(rendered(t, Text, r)):     {"910 produced, 905 taken by the collector, stored unknown, 5 lost, 1,234 not kept", "2,700 on spans + 2,468 not kept: they"},
		string(rendered(t, Markdown, r)): {"1,234 spans not kept, with 2,468 rows"},
	} {
		for _, part := range want {
			if !strings.Contains(name, part) {
				t.Errorf("%q isn't in %s", part, name)
			}
		}
	}
}

// Points that later ones replaced are no loss, and the line of the points adds up with them.
func TestReplaced(t *testing.T) {
	t.Parallel()
	r := everything(t)
	p := &r.Telemetry.Points
	p.Driver.Passed, p.Collector.Received, p.Collector.Passed = p.Driver.Passed-7, p.Collector.Received-7, p.Collector.Passed-7
	p.Driver.Drop(bench.Superseded, 7)
	if text, want := string(rendered(t, Text, r)), "100 produced, 80 merged or sent by the function, 13 stored, 7 replaced by later ones, 0 lost"; !strings.Contains(text, want) {
		t.Errorf("%q isn't in %s", want, text)
	}
}
