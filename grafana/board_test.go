package grafana_test

import "strings"

// object is a part of a dashboard in Grafana's classic model.
type object map[string]any

// board collects the panels of a dashboard from top to bottom.
type board struct {
	uid, title, about string
	from              string // default start of the time range
	variables         []object
	links             []object
	panels            []object
	nested            bool // the panels are those of a collapsed row
	y, id             int
}

// line adds panels side by side, h grid units high. Their widths are theirs.
func (b *board) line(h int, panels ...widget) {
	x := 0
	for _, p := range panels {
		b.id++
		p.object["id"], p.object["gridPos"] = b.id, object{"x": x, "y": b.y, "w": p.w, "h": h}
		b.panels = append(b.panels, p.object)
		x += p.w
	}
	b.y += h
}

// fold adds a collapsed row with the panels that add adds.
func (b *board) fold(title string, add func(*board)) {
	b.id++
	row := object{"id": b.id, "type": "row", "title": title, "collapsed": true, "gridPos": object{"x": 0, "y": b.y, "w": 24, "h": 1}}
	inside := &board{y: b.y + 1, id: b.id, nested: true}
	add(inside)
	row["panels"] = inside.panels
	b.panels = append(b.panels, row)
	b.y, b.id = b.y+1, inside.id
}

// whole returns the dashboard without its panels.
func (b *board) whole() object {
	return object{
		"id": nil, "uid": b.uid, "title": b.title, "description": b.about, "tags": []string{"dsqlload"},
		"schemaVersion": 42, "version": 1, "editable": false, "graphTooltip": 1, "timezone": "browser", "fiscalYearStartMonth": 0, "liveNow": false,
		"time": object{"from": b.from, "to": "now"}, "refresh": "", "timepicker": object{"refresh_intervals": []string{"5s", "10s", "30s", "1m"}},
		"links": b.links, "templating": object{"list": b.variables}, "annotations": object{"list": annotations(b)},
	}
}

// linkTo returns a link between dashboards. The one of all runs doesn't keep the time range,
// which is that of one run.
func linkTo(uid, title string, keep bool) object {
	return object{
		"type": "link", "title": title, "url": "/d/" + uid, "icon": "dashboard", "tooltip": "", "tags": []string{},
		"includeVars": keep, "keepTime": keep, "asDropdown": false, "targetBlank": false,
	}
}

// annotations returns the start, the end and the time of the run.
func annotations(b *board) []object {
	all := []object{{
		"builtIn": 1, "datasource": object{"type": "grafana", "uid": "-- Grafana --"}, "enable": true, "hide": true,
		"iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard",
	}}
	if b.uid == "dsqlload-runs" { // of many runs
		return all
	}
	mark := func(name, color, title, expr string, value bool) {
		all = append(all, object{
			"name": name, "datasource": prometheus(), "enable": true, "hide": true, "iconColor": color, "expr": expr,
			"step": "5s", "titleFormat": title, "textFormat": "", "tagKeys": "dsqlload_run_id", "useValueForTime": value,
		})
	}
	mark("Run active", "green", "{{dsqlload_run_id}} lasts", "max by (dsqlload_run_id) (present_over_time("+series("dsqlload_run_info")+"[10s]))", false)
	mark("Run start", "blue", "Start of {{dsqlload_run_id}}", "max by (dsqlload_run_id) ("+series("dsqlload_run_start_time_seconds")+") * 1000", true)
	mark("Run end", "purple", "End of {{dsqlload_run_id}}", "max by (dsqlload_run_id) ("+series("dsqlload_run_end_time_seconds")+") * 1000", true)
	return all
}

func prometheus() object { return object{"type": "prometheus", "uid": "prometheus"} }
func jaeger() object     { return object{"type": "jaeger", "uid": "jaeger"} }

// queried returns a variable whose values are a query's. Its regular expression finds them in
// Grafana's text of a sample: {label="value"} value time.
func queried(name, label, about, query, regex string) object {
	query = "query_result(" + query + ")"
	return object{
		"name": name, "label": label, "description": about, "type": "query", "datasource": prometheus(), "refresh": 2, "sort": 0,
		"multi": false, "includeAll": false, "query": object{"qryType": 3, "refId": "V", "query": query}, "definition": query, "regex": regex,
	}
}

// custom returns a variable with fixed values, "text : value" or the value alone. The first is
// the default.
func custom(name, label, about string, values ...string) object {
	var options []object
	for i, v := range values {
		text, value, ok := strings.Cut(v, " : ")
		if !ok {
			value = text
		}
		options = append(options, object{"text": text, "value": value, "selected": i == 0})
	}
	return object{
		"name": name, "label": label, "description": about, "type": "custom", "multi": false, "includeAll": false,
		"query": strings.Join(values, ","), "options": options, "current": object{"text": options[0]["text"], "value": options[0]["value"]},
	}
}

// typed returns a variable that is typed in, or filled in by a link.
func typed(name, label, about string) object {
	return object{
		"name": name, "label": label, "description": about, "type": "textbox", "query": "",
		"current": object{"text": "", "value": ""}, "options": []object{{"text": "", "value": "", "selected": true}},
	}
}

// runVariables returns the variables of the dashboards of one run. The runs are those of 30
// days: a run is found whatever the time range is.
func runVariables() []object {
	threshold := "max(" + total("dsqlload_slow_threshold_seconds") + ") or vector(0.1)"
	times := func(n string) string {
		return `label_replace(1000 * ` + n + ` * (` + threshold + `), "factor", "` + n + `", "", "")`
	}
	return []object{
		queried("run_id", "Run", "The runs of the last 30 days, the newest first.",
			"sort_desc(max by (dsqlload_run_id) (last_over_time(dsqlload_run_start_time_seconds["+everything+"])))", `/dsqlload_run_id="([^"]+)"/`),
		custom("scenario", "Scenario", "All leaves the warm-up out.", "All : individual|batch", "individual", "batch", "warm-up"),
		queried("slow_ms", "Slower than, ms", "Threshold of the searches: the run's --slow, or a multiple of it.",
			times("1")+" or "+times("2")+" or "+times("5")+" or "+times("10"), "/ ([0-9.]+) /"),
	}
}
