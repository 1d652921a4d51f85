// Package html makes a run's report as one HTML file from its Record alone. The
// file needs no network: style, script, chart library and figures are in it.
//
// Go decides everything that is said, in blocks (facts, tables, charts, bars);
// the templates only lay blocks out, and the script only draws. The same Record
// makes the same bytes.
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

// shown is r with every text harmless, and the histograms whole.
func shown(r *bench.Record) *bench.Record {
	out := quote.Copy(r)
	for i, s := range r.Summaries() {
		out.Summaries()[i].StatementLatency.Histogram = s.StatementLatency.Histogram
	}
	return out
}

// document is what the outermost template is given.
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
		// The licence wants its text to go with every copy.
		Library: template.JS("/*! uPlot\n" + text["uplot/LICENSE"] + "*/\n" + text["uplot/uPlot.iife.min.js"]),
		Script:  template.JS(text["asset/page.js"]),
	}, nil
}
