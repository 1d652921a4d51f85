package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"dsql-load-test/internal/quote/quotetest"
	"dsql-load-test/internal/report/html/htmltest"
)

// A browser draws the page, and runs and fetches no part of the hostile text.
func TestHostileTextInBrowser(t *testing.T) {
	r := htmltest.Spoiled(t, quotetest.Hostile)
	sound := htmltest.Full(t, htmltest.Small())
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
