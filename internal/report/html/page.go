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

// The parts of the page.
var (
	//go:embed asset/*.html
	templates embed.FS
	//go:embed asset/page.css
	style string
	//go:embed asset/page.js
	script string
	//go:embed uplot/uPlot.min.css
	libraryStyle string
	//go:embed uplot/uPlot.iife.min.js
	library string
	//go:embed uplot/LICENSE
	libraryLicence string
)

// Write writes the report of r to w.
func Write(w io.Writer, r *bench.Record) error {
	t, err := template.ParseFS(templates, "asset/*.html")
	if err == nil {
		err = t.ExecuteTemplate(w, "page.html", document{
			View:  viewOf(shown(r)),
			Style: template.CSS(libraryStyle + "\n" + style),
			// The licence requires its text in every copy.
			Library: template.JS("/*! uPlot\n" + libraryLicence + "*/\n" + library),
			Script:  template.JS(script),
		})
	}
	if err != nil {
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
