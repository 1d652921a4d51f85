// Package html makes the report of a run as one HTML file, from its Record alone. The file
// needs no network: style, script, chart library and data are in it. The same Record makes
// the same bytes.
//
// Go writes all texts and numbers, as blocks (facts, tables, charts, bars; block.go and
// chart.go). The templates in asset lay the blocks out, and the script draws the charts.
// Read page.go first, then view.go, which makes the page's parts: tile.go, scenario.go and
// the files for a section each.
package html

import (
	"embed"
	"fmt"
	"html/template"
	"io"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
)

//go:embed asset/*.html asset/page.css asset/page.js uplot/uPlot.iife.min.js uplot/uPlot.min.css uplot/LICENSE
var files embed.FS

// Write writes the report of r to w.
func Write(w io.Writer, r *bench.Record) error {
	t, err := template.ParseFS(files, "asset/*.html")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	d, err := assets()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	d.View = viewOf(shown(r))
	if err := t.ExecuteTemplate(w, "page.html", d); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// shown returns r with harmless texts, and its histograms unchanged.
func shown(r *bench.Record) *bench.Record {
	out := quote.Copy(r)
	for i, s := range r.Summaries() {
		out.Summaries()[i].StatementLatency.Histogram = s.StatementLatency.Histogram
	}
	return out
}

// document is the data of the outermost template.
type document struct {
	View    *view
	Style   template.CSS
	Library template.JS
	Script  template.JS
}

func assets() (*document, error) {
	text := map[string]string{}
	for _, name := range []string{"uplot/LICENSE", "uplot/uPlot.iife.min.js", "uplot/uPlot.min.css", "asset/page.css", "asset/page.js"} {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		text[name] = string(data)
	}
	return &document{
		Style: template.CSS(text["uplot/uPlot.min.css"] + "\n" + text["asset/page.css"]),
		// The licence requires its text in every copy.
		Library: template.JS("/*! uPlot\n" + text["uplot/LICENSE"] + "*/\n" + text["uplot/uPlot.iife.min.js"]),
		Script:  template.JS(text["asset/page.js"]),
	}, nil
}
