package grafana_test

import (
	"maps"
	"strconv"
)

// widget is a panel without its place.
type widget struct {
	object
	w int
}

// newWidget returns a panel of a type, w grid units wide. Its source is its first query's.
func newWidget(kind, title, about string, w int, queries ...object) widget {
	for i, q := range queries {
		q["refId"] = string(rune('A' + i))
	}
	p := widget{object{"type": kind, "title": title, "description": about, "options": object{}, "fieldConfig": object{"defaults": object{}, "overrides": []object{}}}, w}
	if len(queries) > 0 {
		p.object["datasource"], p.object["targets"] = queries[0]["datasource"], queries
	}
	return p
}

// options, defaults and custom set pairs of key and value.
func (p widget) options(pairs ...any) widget {
	return p.set(p.object["options"].(object), pairs)
}

func (p widget) defaults(pairs ...any) widget {
	return p.set(p.object["fieldConfig"].(object)["defaults"].(object), pairs)
}

func (p widget) custom(pairs ...any) widget {
	defaults := p.object["fieldConfig"].(object)["defaults"].(object)
	if defaults["custom"] == nil {
		defaults["custom"] = object{}
	}
	return p.set(defaults["custom"].(object), pairs)
}

func (p widget) set(in object, pairs []any) widget {
	for i := 0; i < len(pairs); i += 2 {
		in[pairs[i].(string)] = pairs[i+1]
	}
	return p
}

// field overrides properties of the fields with a name, which may be a regular expression in
// slashes.
func (p widget) field(name string, pairs ...any) widget {
	matcher := object{"id": "byName", "options": name}
	if name[0] == '/' {
		matcher["id"] = "byRegexp"
	}
	var properties []object
	for i := 0; i < len(pairs); i += 2 {
		properties = append(properties, object{"id": pairs[i], "value": pairs[i+1]})
	}
	config := p.object["fieldConfig"].(object)
	config["overrides"] = append(config["overrides"].([]object), object{"matcher": matcher, "properties": properties})
	return p
}

// change adds a transformation.
func (p widget) change(id string, options object) widget {
	all, _ := p.object["transformations"].([]object)
	p.object["transformations"] = append(all, object{"id": id, "options": options})
	return p
}

func fixed(color string) object { return object{"mode": "fixed", "fixedColor": color} }

// steps returns thresholds: a color, then a value and its color, and so on.
func steps(first string, more ...any) object {
	all := []object{{"color": first, "value": nil}}
	for i := 0; i < len(more); i += 2 {
		all = append(all, object{"value": more[i], "color": more[i+1]})
	}
	return object{"mode": "absolute", "steps": all}
}

// worded maps numbers from 1 on to a text and a color, in pairs.
func worded(pairs ...string) []object {
	options := object{}
	for i := 0; i < len(pairs); i += 2 {
		options[strconv.Itoa(i/2+1)] = object{"text": pairs[i], "color": pairs[i+1], "index": i / 2}
	}
	return []object{{"type": "value", "options": options}}
}

func stat(title, about string, w int, unit string, queries ...object) widget {
	return newWidget("stat", title, about, w, queries...).
		options("reduceOptions", object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false}, "graphMode", "none", "colorMode", "value",
			"textMode", "auto", "justifyMode", "auto", "wideLayout", true).
		defaults("unit", unit, "noValue", "-", "color", object{"mode": "thresholds"}, "thresholds", steps("text"))
}

// counted returns a tile of a number of something bad.
func counted(title, about string, w int, unit string, queries ...object) widget {
	return stat(title, about, w, unit, queries...).defaults("decimals", 0, "thresholds", steps("green", 1, "red"))
}

func bars(title, about string, w int, unit string, queries ...object) widget {
	return newWidget("bargauge", title, about, w, queries...).
		options("orientation", "horizontal", "displayMode", "basic", "valueMode", "text", "namePlacement", "left", "showUnfilled", true, "sizing", "auto",
			"minVizHeight", 14, "maxVizHeight", 60, "reduceOptions", object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
			"legend", object{"showLegend": false, "displayMode": "list", "placement": "bottom", "calcs": []string{}}).
		defaults("unit", unit, "min", 0, "color", fixed("blue"), "noValue", "none")
}

func lines(title, about string, w int, unit string, queries ...object) widget {
	return newWidget("timeseries", title, about, w, queries...).
		options("legend", object{"displayMode": "list", "placement": "bottom", "calcs": []string{}, "showLegend": true}, "tooltip", object{"mode": "multi", "sort": "desc"}).
		defaults("unit", unit, "min", 0, "noValue", "none").
		custom("drawStyle", "line", "lineWidth", 2, "fillOpacity", 0, "showPoints", "never", "spanNulls", false)
}

func heatmap(title, about string, w int, query object) widget {
	maps.Copy(query, object{"format": "heatmap", "exemplar": true, "legendFormat": "{{le}}"})
	return newWidget("heatmap", title, about, w, query).
		options("calculate", false, "cellGap", 0, "cellValues", object{"unit": "suffix: statements/s", "decimals": 2},
			"color", object{"mode": "scheme", "scheme": "Turbo", "steps": 64, "exponent": 0.5, "scale": "exponential", "fill": "dark-orange", "reverse": false},
			"exemplars", object{"color": "rgba(255,255,255,0.9)"}, "filterValues", object{"le": 1e-9}, "legend", object{"show": true},
			"rowsFrame", object{"layout": "auto"}, "showValue", "never", "selectionMode", "x",
			"tooltip", object{"mode": "single", "showColorScale": true, "yHistogram": true},
			"yAxis", object{"axisPlacement": "left", "unit": "s", "decimals": 1, "reverse": false}).
		custom("scaleDistribution", object{"type": "linear"}, "hideFrom", object{"legend": false, "tooltip": false, "viz": false})
}

// table returns a table. empty is what it says without rows.
func table(title, about string, w int, empty string, queries ...object) widget {
	for _, q := range queries {
		if q["expr"] != nil {
			q["format"] = "table"
		}
	}
	return newWidget("table", title, about, w, queries...).
		options("cellHeight", "sm", "showHeader", true).defaults("noValue", empty).custom("align", "auto", "filterable", false)
}

// sorted sorts a table by a column.
func (p widget) sorted(column string, down bool) widget {
	return p.options("sortBy", []object{{"displayName": column, "desc": down}})
}

// columns shows some fields of a table's frames, in order, under other names: pairs of both. An
// empty name hides a field that a link uses.
func (p widget) columns(pairs ...string) widget {
	if len(p.object["targets"].([]object)) > 1 {
		p.change("merge", object{})
	}
	index, rename, names := object{}, object{}, []string{}
	for i := 0; i < len(pairs); i += 2 {
		index[pairs[i]], rename[pairs[i]] = i/2, pairs[i+1]
		names = append(names, pairs[i])
	}
	p.change("filterFieldsByName", object{"include": object{"names": names}})
	return p.change("organize", object{"excludeByName": object{}, "indexByName": index, "renameByName": rename})
}

// colorful gives phases, scenarios and outcomes the same color everywhere.
func (p widget) colorful(names ...string) widget {
	colors := map[string]string{
		"individual": "blue", "batch": "orange", "warm-up": "#808080",
		"acquire": "yellow", "prepare": "semi-dark-purple", "query": "orange", "rest": "#808080", "connect": "#56A64B", "token": "purple",
		"dns": "light-red", "dial": "blue", "tls": "light-blue", "startup": "green", "backoff": "red",
		"acknowledged": "green", "failed": "red", "unknown": "orange", "not_started": "#808080",
	}
	for _, name := range names {
		p.field(name, "color", fixed(colors[name]))
	}
	return p
}

// duration shows a column as a bar.
func (p widget) duration(column, unit string) widget {
	return p.field(column, "unit", unit, "min", 0, "color", object{"mode": "continuous-GrYlRd"},
		"custom.cellOptions", object{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}, "custom.width", 240)
}
