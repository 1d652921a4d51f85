package browser_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/report/html/htmltest"
)

// seen is the size of a run in which a second's p99 and maximum differ.
func seen() htmltest.Size {
	return htmltest.Size{Seconds: 6, Invocations: 120, Iterations: 10, Rows: 100}
}

// unmarked lists series that have values but no pixel of their colour in the chart, except
// for those that a later series covers completely.
const unmarked = `(() => {
  const bad = [], css = getComputedStyle(document.documentElement);
  for (const s of JSON.parse(document.getElementById("charts").textContent) || []) {
    const box = document.querySelector('.plot[data-chart="' + s.id + '"]'), canvas = box.querySelector("canvas"), over = box.querySelector(".u-over");
    const pixels = canvas.getContext("2d").getImageData(over.offsetLeft, over.offsetTop, over.offsetWidth, over.offsetHeight).data;
    for (const line of s.series) {
      const later = s.series.slice(s.series.indexOf(line) + 1);
      if (!line.values.some((v) => v) || later.some((o) => o.values.every((v, i) => v === line.values[i]))) continue;
      const hex = css.getPropertyValue("--c-" + line.color).trim(), rgb = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
      let n = 0;
      for (let i = 0; i < pixels.length; i += 4)
        if (pixels[i + 3] > 100 && Math.hypot(pixels[i] - rgb[0], pixels[i + 1] - rgb[1], pixels[i + 2] - rgb[2]) < 60) n++;
      if (n < 3) bad.push(s.id + ": " + line.name);
    }
  }
  return bad;
})()`

func (p *tab) wantMarks() {
	p.t.Helper()
	if bad := ask[[]string](p, unmarked); len(bad) > 0 {
		p.t.Errorf("nothing is drawn of %s", strings.Join(bad, "; "))
	}
	plots, charts := ask[int](p, `document.querySelectorAll(".plot canvas").length`), ask[int](p, `JSON.parse(document.getElementById("charts").textContent)?.length || 0`)
	if plots != charts {
		p.t.Errorf("%d canvases for %d charts", plots, charts)
	}
}

func TestBrowser(t *testing.T) {
	b := browser(t)
	t.Run("desktop", func(t *testing.T) {
		p := open(t, b, htmltest.Full(t, seen()), desktop())
		p.wantMarks()
		p.picture("desktop-light")
		p.close()
	})
	t.Run("dark", func(t *testing.T) {
		p := open(t, b, htmltest.Full(t, seen()), look{1280, 900, "dark"})
		p.wantMarks()
		if bg := ask[string](p, `getComputedStyle(document.body).backgroundColor`); bg != "rgb(17, 22, 28)" {
			t.Errorf("background %s where the system prefers dark", bg)
		}
		p.picture("desktop-dark")
		p.close()
	})
	t.Run("phone", func(t *testing.T) {
		p := open(t, b, htmltest.Full(t, seen()), look{390, 844, "light"})
		if wide := ask[int](p, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("the page is %d px wide on a screen of 390", wide)
		}
		p.wantMarks()
		p.picture("phone")
		p.close()
	})
	t.Run("theme", func(t *testing.T) {
		p := open(t, b, htmltest.Full(t, seen()), desktop())
		for _, want := range []string{"auto light", "light light", "dark dark", "auto light"} {
			if got := ask[string](p, `document.getElementById("theme").textContent.slice(7) + " " + document.documentElement.dataset.theme`); got != want {
				t.Errorf("theme %s, want %s", got, want)
			}
			p.wantMarks()
			ask[bool](p, `(document.getElementById("theme").click(), true)`)
		}
		p.close()
	})
	t.Run("print", func(t *testing.T) {
		p := open(t, b, htmltest.Full(t, seen()), look{1280, 900, "dark"})
		pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
		if err != nil {
			t.Fatal(err)
		}
		if pages := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1)); pages < 5 {
			t.Errorf("%d pages, want 5 at least", pages)
		}
		keep(t, "print.pdf", pdf)
		if theme := ask[string](p, `document.documentElement.dataset.theme`); theme != "dark" {
			t.Errorf("theme %s after printing, want dark again", theme)
		}
		p.close()
	})
	for name, s := range htmltest.States(t) {
		t.Run(name, func(t *testing.T) {
			p := open(t, b, s.Record, desktop())
			p.wantMarks()
			p.picture(name)
			p.close()
		})
	}
}

// TestBrowserOpens: the report of a million rows is drawn soon. The limit is ten times the
// duration on a busy machine with two cores.
func TestBrowserOpens(t *testing.T) {
	p := open(t, browser(t), htmltest.Full(t, htmltest.Size{Seconds: 60, Invocations: 1000, Iterations: 10, Rows: 100}), desktop())
	drawn, err := strconv.Atoi(ask[string](p, `document.documentElement.dataset.drawn`))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("drawn %d ms after the page was asked for", drawn)
	if drawn > 60_000 {
		t.Errorf("drawn after %d ms", drawn)
	}
	p.close()
}

// TestBrowserValues compares what the page shows with the record.
func TestBrowserValues(t *testing.T) {
	r := htmltest.Full(t, seen())
	p := open(t, browser(t), r, desktop())
	tiles := ask[map[string]string](p, `Object.fromEntries([...document.querySelectorAll("[data-figure]")].map((d) => [d.dataset.figure, d.textContent]))`)
	for _, s := range r.Summaries() {
		retries := int64(0)
		for _, n := range s.Retried {
			retries += n
		}
		for figure, want := range map[string]float64{
			"rows": float64(s.Rows.Acknowledged), "throughput": s.Throughput, "success": *s.RowSuccessRate(), "cold": float64(bench.Known(s.ColdStarts)),
			"p50": *s.StatementLatency.P50, "p99": *s.StatementLatency.P99, "max": *s.StatementLatency.Max, "retries": float64(retries),
		} {
			text := tiles[string(s.Scenario)+"."+figure]
			if got := figureIn(t, text); math.Abs(got-want) > 0.006*want {
				t.Errorf("%s %s: the page says %q, the record %v", s.Scenario, figure, text, want)
			}
		}
		p.wantTable(string(s.Scenario)+"-throughput", len(s.Timeline), func(i int) float64 { return float64(*s.Timeline[i].Rows) })
		p.wantTable(string(s.Scenario)+"-latency", len(s.Timeline), func(i int) float64 { return *s.Timeline[i].P50 })
	}
	if text := tiles["batch.throughput"]; !strings.HasPrefix(text, "at least ") {
		t.Errorf("throughput of a client that was too busy: %q", text)
	}
	if got := figureIn(t, tiles["run.cost"]); math.Abs(got-r.Cost.Actual.TotalUSD) > 1e-4 {
		t.Errorf("cost %v, want %v", got, r.Cost.Actual.TotalUSD)
	}
	p.close()
}

// wantTable opens a chart's table of values and compares its first series.
func (p *tab) wantTable(id string, rows int, want func(int) float64) {
	p.t.Helper()
	p.do(chromedp.Click(fmt.Sprintf(`details[data-chart="%s"] summary`, id)))
	cells := ask[[]string](p, fmt.Sprintf(`new Promise((done) => setTimeout(() => done([...document.querySelectorAll('details[data-chart="%s"] tbody td:nth-child(2)')].map((c) => c.textContent)), 50))`, id))
	if len(cells) != rows {
		p.t.Fatalf("%s: %d rows, want %d", id, len(cells), rows)
	}
	for i, text := range cells {
		if got := figureIn(p.t, text); math.Abs(got-want(i)) > 0.006*want(i) {
			p.t.Errorf("%s, row %d: %q, want %v", id, i, text, want(i))
		}
	}
}

// figureIn returns the number in a text; a time in milliseconds.
func figureIn(t *testing.T, text string) float64 {
	t.Helper()
	m := regexp.MustCompile(`([0-9][0-9,.]*)\*?( s\b)?`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no number in %q", text)
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", ""), 64)
	if err != nil {
		t.Fatal(err)
	}
	if m[2] != "" {
		v *= 1000
	}
	return v
}

// TestBrowserCursor reads values with the keyboard and with the mouse.
func TestBrowserCursor(t *testing.T) {
	r := htmltest.Full(t, seen())
	line := r.Scenario1.Timeline
	p := open(t, browser(t), r, desktop())
	p.do(chromedp.Focus(`.plot[data-chart="individual-throughput"]`))
	for _, step := range []struct {
		key  string
		want int
	}{{kb.ArrowRight, 0}, {kb.ArrowRight, 1}, {kb.End, len(line) - 1}, {kb.ArrowLeft, len(line) - 2}, {kb.Home, 0}, {kb.ArrowLeft, 0}} {
		p.do(chromedp.KeyEvent(step.key))
		want := fmt.Sprintf("%d.5 s: rows %s", step.want, figure.Count(*line[step.want].Rows))
		if got := ask[string](p, `document.getElementById("say").textContent`); got != want {
			t.Errorf("after %q the page says %q, want %q", step.key, got, want)
		}
	}
	left := 0.0
	eventually.Nil(t, func() error { // the page draws when it can
		// Move until the chart reacts: a busy browser merges two moves into one event, and the
		// chart ignores an event without movement.
		left = 1 - left
		at := ask[[]float64](p, `(() => { const b = document.querySelector('.plot[data-chart="individual-latency"] .u-over'); b.scrollIntoView({behavior: "instant", block: "center"}); const r = b.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()`)
		p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0]-left, at[1]))
		values := ask[[]string](p, `[...document.querySelectorAll('.plot[data-chart="individual-latency"] .u-value')].map((v) => v.textContent)`)
		if second := secondOf(line, values); second != 2 && second != 3 {
			return fmt.Errorf("the mouse in the middle reads %q, which is second %d", values, second)
		}
		return nil
	})
	p.close()
}

// secondOf returns the second that has these latencies, or -1.
func secondOf(line []bench.TimelineSecond, values []string) int {
	return slices.IndexFunc(line, func(s bench.TimelineSecond) bool {
		return slices.Equal(values[min(1, len(values)):], []string{figure.Ms(s.P50), figure.Ms(s.P95), figure.Ms(s.P99), figure.Ms(s.Max)})
	})
}
