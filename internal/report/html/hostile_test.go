package html

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote/quotetest"
)

// spoiled is a run in which something of everything happened, each text of which
// is text.
func spoiled(t *testing.T, text string) *bench.Record {
	t.Helper()
	r := full(t, small())
	quotetest.Spoil(r, text)
	return r
}

func TestHostileText(t *testing.T) {
	hostile, harmless := said(render(t, spoiled(t, quotetest.Hostile))), said(render(t, spoiled(t, quotetest.Harmless)))
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
		r := full(t, small())
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

// In a browser nothing of it runs or is fetched, and the page is drawn.
func TestHostileTextInBrowser(t *testing.T) {
	r := spoiled(t, quotetest.Hostile)
	sound := full(t, small())
	for i, s := range r.Summaries() { // what is checked before it is believed
		s.Scenario, s.StatementLatency.Histogram = sound.Summaries()[i].Scenario, sound.Summaries()[i].StatementLatency.Histogram
	}
	p := open(t, browser(t), r, desktop())
	p.do(chromedp.WaitReady("html[data-drawn]"))
	if n := ask[int](p, `document.querySelectorAll("img, script:not([id]):not(:empty)").length`); n != 3 {
		t.Errorf("%d scripts and images, want the 3 scripts of every report", n)
	}
	if n := ask[int](p, `[...document.querySelectorAll("a")].filter(a => !a.getAttribute("href").startsWith("#")).length`); n != 0 {
		t.Errorf("%d links lead out of the page", n)
	}
	if !ask[bool](p, `document.body.innerText.includes("\\x1b[2J\\x1b]0;title\\a\\r\\nVERDICT: VALID")`) {
		t.Error("what was hidden isn't shown")
	}
	p.close()
}
