package html

import (
	"regexp"
	"strings"
	"testing"

	"dsql-load-test/internal/quote/quotetest"
	"dsql-load-test/internal/report/html/htmltest"
)

func TestHostileText(t *testing.T) {
	hostile, harmless := said(render(t, htmltest.Spoiled(t, quotetest.Hostile))), said(render(t, htmltest.Spoiled(t, quotetest.Harmless)))
	quotetest.Clean(t, hostile)
	quotetest.SameLines(t, hostile, harmless)
	tags := regexp.MustCompile(`<[a-zA-Z/!][^ >]*`)
	a, b := tags.FindAllString(hostile, -1), tags.FindAllString(harmless, -1)
	if strings.Join(a, "") != strings.Join(b, "") {
		t.Errorf("%d tags, of harmless texts %d", len(a), len(b))
	}
}

// A link leads to the web or nowhere.
func TestHostileLinks(t *testing.T) {
	for _, address := range []string{"javascript:alert(1)", "data:text/html,x", "//127.0.0.1:1/x", "file:///etc/passwd", "results.json", "mailto:a@b"} {
		r := htmltest.Full(t, htmltest.Small())
		r.Run.Links.Dashboard, r.Run.Links.RunTrace, r.Run.Links.SlowStatements, r.Run.Links.TelemetryHealth = address, address, address, address
		for _, s := range r.Summaries() {
			for i := range s.Slowest {
				s.Slowest[i].TraceURL = address
			}
		}
		if text := said(render(t, r)); strings.Contains(text, `rel="noopener noreferrer"`) {
			t.Errorf("%s is a link", address)
		}
	}
}
