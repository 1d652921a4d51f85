// Package grafana_test checks the dashboards without Grafana: their form, and that their queries
// use only names from docs/telemetry.md. The end-to-end tests of the whole stack check that the
// queries return data.
package grafana_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type dashboard struct {
	ID            any
	UID, Title    string
	SchemaVersion int
	Editable      *bool
	Refresh       string
	Tags          []string
	Links         []struct {
		Type, Title, URL      string
		IncludeVars, KeepTime bool
	}
	Time        struct{ From, To string }
	Inputs      any `json:"__inputs"`
	Templating  struct{ List []variable }
	Annotations struct{ List []target }
	Panels      []panel

	file, text string
}

type variable struct {
	Name, Type string
	Datasource source
	Query      any
}

type source struct{ Type, UID string }

type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               source
	Interval                 string
	GridPos                  struct{ X, Y, W, H int }
	Collapsed                bool
	Panels                   []panel // of a collapsed row
	Targets                  []target
	Options                  struct {
		Content string
		YAxis   struct{ Unit string }
	}
	FieldConfig struct {
		Defaults struct {
			Unit, NoValue string
		}
		Overrides []struct {
			Matcher    struct{ Options any }
			Properties []struct {
				ID    string
				Value any
			}
		}
	}
}

type target struct {
	RefID, Expr, Query, LegendFormat, EditorMode, QueryType, Format, Interval string
	Service, Operation, Tags                                                  string // of a search in Jaeger
	Limit                                                                     int
	Range, Instant                                                            bool
	Datasource                                                                source
}

func read(t *testing.T) []dashboard {
	t.Helper()
	files, err := filepath.Glob("dashboards/*.json")
	if err != nil || len(files) != 5 {
		t.Fatalf("dashboards: %v, %v; want 5", files, err)
	}
	var all []dashboard
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := dashboard{file: file, text: string(text), ID: "absent"}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, d)
	}
	return all
}

// all returns the panels, those in collapsed rows too.
func (d dashboard) all() (all []panel) {
	for _, p := range d.Panels {
		all = append(append(all, p), p.Panels...)
	}
	return all
}

// charts returns the panels that show data.
func (d dashboard) charts() []panel {
	return slices.DeleteFunc(d.all(), func(p panel) bool { return p.Type == "row" || p.Type == "text" })
}

func TestDashboards(t *testing.T) {
	const traceUID = "dsqlload-trace"
	uids := map[string]string{}
	for _, d := range read(t) {
		if d.UID == "" || uids[d.UID] != "" {
			t.Errorf("%s: uid %q, also of %q; want one of its own", d.file, d.UID, uids[d.UID])
		}
		uids[d.UID] = d.file
		if d.Title == "" || d.SchemaVersion != 42 || d.ID != nil || d.Inputs != nil || d.Refresh != "" {
			t.Errorf("%s: title %q, schema %d, id %v, inputs %v, refresh %q", d.file, d.Title, d.SchemaVersion, d.ID, d.Inputs, d.Refresh)
		}
		if d.Editable == nil || *d.Editable {
			t.Errorf("%s: editable", d.file)
		}
		if len(d.Tags) != 1 {
			t.Errorf("%s: tags %v", d.file, d.Tags)
		}
		if home := d.UID == "dsqlload-runs"; home != (len(d.Links) == 0) || !home && d.Links[0].URL != "/d/dsqlload-runs" {
			t.Errorf("%s: links %v; want the runs first", d.file, d.Links)
		}
		for _, l := range d.Links {
			// The list of all runs has a time range of its own. The dashboard of a trace shows an
			// error without a trace id, so nothing links to it without one.
			if keep := l.URL != "/d/dsqlload-runs"; l.Type != "link" || l.IncludeVars != keep || l.KeepTime != keep || l.URL == "/d/"+traceUID || l.URL == "/d/"+d.UID {
				t.Errorf("%s: link %+v", d.file, l)
			}
		}
	}
	for _, uid := range []string{"dsqlload-runs", "dsqlload-run", "dsqlload-slow", traceUID, "dsqlload-telemetry"} {
		if uids[uid] == "" {
			t.Errorf("no dashboard %s, which links name", uid)
		}
	}
}

func TestPanelsSayWhatTheyShow(t *testing.T) {
	for _, d := range read(t) {
		ids := map[int]bool{}
		for _, p := range d.all() {
			if p.ID <= 0 || ids[p.ID] {
				t.Errorf("%s: %q: id %d isn't its own", d.file, p.Title, p.ID)
			}
			ids[p.ID] = true
			if p.Title == "" || p.Type == "text" && p.Options.Content == "" {
				t.Errorf("%s: panel %d: no title or text", d.file, p.ID)
			}
		}
		for _, p := range d.charts() {
			if len(p.Description) < 30 {
				t.Errorf("%s: %q: description %q says too little", d.file, p.Title, p.Description)
			}
			if !p.hasUnit() {
				t.Errorf("%s: %q: no unit", d.file, p.Title)
			}
			if p.Type == "table" && p.FieldConfig.Defaults.NoValue == "" {
				t.Errorf("%s: %q: doesn't say why it is empty", d.file, p.Title)
			}
		}
	}
}

func (p panel) hasUnit() bool {
	switch p.Type {
	case "traces":
		return true
	case "heatmap":
		return p.Options.YAxis.Unit != ""
	case "table":
		for _, o := range p.FieldConfig.Overrides {
			for _, property := range o.Properties {
				if property.ID == "unit" {
					return true
				}
			}
		}
		return false
	default:
		return p.FieldConfig.Defaults.Unit != ""
	}
}

func TestGrid(t *testing.T) {
	for _, d := range read(t) {
		checkGrid(t, d.file, d.Panels)
		for _, p := range d.Panels {
			if (p.Type == "row") != (len(p.Panels) > 0) || p.Collapsed != (p.Type == "row") {
				t.Errorf("%s: %q: a row is collapsed and has its panels", d.file, p.Title)
			}
			for _, inside := range p.Panels {
				if inside.GridPos.Y <= p.GridPos.Y {
					t.Errorf("%s: %q lies above its row %q", d.file, inside.Title, p.Title)
				}
			}
			checkGrid(t, d.file, p.Panels)
		}
	}
}

// checkGrid wants panels to lie beside each other, without gaps at the right.
func checkGrid(t *testing.T, file string, panels []panel) {
	t.Helper()
	type cell struct{ x, y int }
	taken, width := map[cell]string{}, map[int]int{}
	for _, p := range panels {
		g := p.GridPos
		if g.X < 0 || g.Y < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
			t.Errorf("%s: %q: out of the grid: %+v", file, p.Title, g)
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other, ok := taken[cell{x, y}]; ok {
					t.Fatalf("%s: %q lies on %q", file, p.Title, other)
				}
				taken[cell{x, y}] = p.Title
				width[y]++
			}
		}
	}
	for y, w := range width {
		if w != 24 {
			t.Errorf("%s: line %d is %d wide", file, y, w)
		}
	}
}

// What must be seen at once fits 1600 x 900 without scrolling: a grid unit is 30 px high with a
// gap of 8 px, and Grafana's bar, the variables and the links take up to 160 px.
func TestAtAGlance(t *testing.T) {
	const lines = (900 - 160 + 8) / 38
	for _, d := range read(t) {
		if d.UID != "dsqlload-run" {
			continue
		}
		seen := map[string]bool{}
		for _, p := range d.Panels {
			if p.GridPos.Y+p.GridPos.H <= lines {
				seen[p.Title] = true
			}
			// Titles of narrow panels are cut: about eight pixels a character.
			if room := p.GridPos.W*1600/24 - 30; 8*len(p.Title) > room && p.Type == "stat" {
				t.Errorf("%q is cut at %d px", p.Title, room)
			}
		}
		for _, title := range []string{"Status", "Verdict", "Why", "Overview", "individual: rows", "batch: rows", "individual: p99", "batch: missing", "batch: max"} {
			if !seen[title] {
				t.Errorf("%q isn't seen without scrolling", title)
			}
		}
	}
}

// A graph has two axes at most: one on each side, with one unit each.
func TestTwoAxes(t *testing.T) {
	for _, d := range read(t) {
		for _, p := range d.charts() {
			if p.Type != "timeseries" {
				continue
			}
			units := map[string]bool{p.FieldConfig.Defaults.Unit: true}
			for _, o := range p.FieldConfig.Overrides {
				unit, right := "", false
				for _, property := range o.Properties {
					if property.ID == "unit" {
						unit = property.Value.(string)
					}
					right = right || property.ID == "custom.axisPlacement" && property.Value == "right"
				}
				if unit != "" {
					units[unit] = true
				}
				if (unit != "") != right {
					t.Errorf("%s: %q: %v has unit %q and its axis at the right: %v", d.file, p.Title, o.Matcher.Options, unit, right)
				}
			}
			if len(units) > 2 {
				t.Errorf("%s: %q: units %v", d.file, p.Title, units)
			}
		}
	}
}

func TestLinksAndVariables(t *testing.T) {
	known := map[string]map[string]bool{} // variables by uid
	for _, d := range read(t) {
		known[d.UID] = map[string]bool{}
		for _, v := range d.Templating.List {
			known[d.UID][v.Name] = true
		}
	}
	link := regexp.MustCompile(`/d/([\w-]+)[^"]*`)
	ends := regexp.MustCompile(`/d/(dsqlload-run|dsqlload-slow|dsqlload-trace)\?([^"]*)`)
	passed := regexp.MustCompile(`var-(\w+)=|\$\{(\w+):queryparam\}`)
	used := regexp.MustCompile(`\$\{?([A-Za-z]\w*)`) // not $__range and the like
	for _, d := range read(t) {
		for _, m := range link.FindAllStringSubmatch(d.text, -1) {
			if known[m[1]] == nil {
				t.Errorf("%s: %s: no such dashboard", d.file, m[0])
			}
			for _, v := range passed.FindAllStringSubmatch(m[0], -1) {
				if name := v[1] + v[2]; !known[m[1]][name] {
					t.Errorf("%s: %s: %s has no variable %s", d.file, m[0], m[1], name)
				}
			}
		}
		for _, m := range ends.FindAllStringSubmatch(d.text, -1) {
			for _, need := range []string{"run_id", "slow_ms"} {
				if !strings.Contains(m[2], need) {
					t.Errorf("%s: %s doesn't carry %s", d.file, m[0], need)
				}
			}
			if !strings.Contains(m[2], "${__url_time_range}") && !strings.Contains(m[2], "&to=") {
				t.Errorf("%s: %s doesn't carry the time range", d.file, m[0])
			}
		}
		for _, m := range used.FindAllStringSubmatch(d.text, -1) {
			if !known[d.UID][m[1]] {
				t.Errorf("%s: $%s isn't defined", d.file, m[1])
			}
		}
		for name := range known[d.UID] {
			if d.UID != "dsqlload-trace" && strings.Count(d.text, "$"+name)+strings.Count(d.text, "${"+name) == 0 {
				t.Errorf("%s: variable %s isn't used", d.file, name)
			}
		}
	}
}
