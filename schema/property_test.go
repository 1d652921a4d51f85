package schema_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
)

// property is one key of a JSON Schema.
type property struct {
	Type        any      `json:"type"` // a string, or several
	Description string   `json:"description"`
	Pattern     string   `json:"pattern,omitempty"`
	Enum        []string `json:"enum,omitempty"`
	Minimum     *float64 `json:"minimum,omitempty"`
	Above       *float64 `json:"exclusiveMinimum,omitempty"`
	Maximum     *float64 `json:"maximum,omitempty"`
	Items       *item    `json:"items,omitempty"`
	Default     any      `json:"default,omitempty"`
}

type item struct {
	Type        string `json:"type"`
	Description string `json:"description"`
}

// propertyOf returns a setting's key for the schema of config.json or of the results. The
// schema of the results has no defaults and no limits that may change.
func propertyOf(s setting.Setting, results bool) property {
	pointer := s.At(&setting.Values{Config: bench.Defaults()})
	p := property{Type: jsonType(pointer), Description: describe(s)}
	if s.Kind.Bounded && s.Kind.Above {
		p.Above = &s.Kind.Min
	} else if s.Kind.Bounded {
		p.Minimum = &s.Kind.Min
	}
	if p.Type == "string" {
		p.Enum = s.Kind.Words
	}
	if p.Type == "array" {
		p.Items = &item{"string", "An entry."}
	}
	if s.Kind.Auto { // the limits apply to numbers, the pattern to texts
		p.Type, p.Pattern = []any{p.Type, "string"}, "^auto$"
	}
	if results {
		return p
	}
	p.Pattern = cmp.Or(p.Pattern, s.Kind.Pattern)
	if s.Kind.Bounded {
		p.Maximum = &s.Kind.Max
	}
	if s.Flag != "" && (s.Default == "" || strings.HasPrefix(s.Key, "scenario_")) {
		p.Default = reflect.ValueOf(pointer).Elem().Interface()
	}
	return p
}

// describe returns a setting's description: a sentence made of the flag's help if the
// table has no text for the key.
func describe(s setting.Setting) string {
	if s.Note != "" {
		return s.Note
	}
	return strings.TrimSuffix(strings.ToUpper(s.Help[:1])+s.Help[1:], ".") + "."
}

func jsonType(pointer any) string {
	switch reflect.TypeOf(pointer).Elem().Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	case reflect.String:
		return "string"
	}
	return "integer"
}

// fileSchema returns the properties of config.json's schema, one key per line.
func fileSchema() string {
	var b strings.Builder
	var lines []string
	object := ""
	end := func() {
		if object != "" {
			lines = append(lines, fmt.Sprintf("    %q: {\"type\": \"object\", \"description\": %s, \"additionalProperties\": false, \"properties\": {\n%s\n    }}",
				object, text(objectNote(object)), b.String()))
		}
		object = ""
		b.Reset()
	}
	for _, s := range inFileOrder() {
		name, key, nested := strings.Cut(s.Key, ".")
		if name != object {
			end()
		}
		if !nested {
			lines = append(lines, fmt.Sprintf("    %q: %s", name, text(propertyOf(s, false))))
			continue
		}
		if object = name; b.Len() > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "      %q: %s", key, text(propertyOf(s, false)))
	}
	end()
	return strings.Join(lines, ",\n")
}

// inFileOrder returns the rows of config.json's keys: first those outside of objects, then
// object by object.
func inFileOrder() []setting.Setting {
	all := slices.DeleteFunc(setting.Table(), func(s setting.Setting) bool { return s.Key == "" || s.NotFile })
	var objects []string
	for _, s := range all {
		if name, _, nested := strings.Cut(s.Key, "."); nested && !slices.Contains(objects, name) {
			objects = append(objects, name)
		}
	}
	place := func(s setting.Setting) int {
		name, _, _ := strings.Cut(s.Key, ".")
		return slices.Index(objects, name) // -1: first those that are in no object
	}
	slices.SortStableFunc(all, func(a, b setting.Setting) int { return place(a) - place(b) })
	return all
}

func objectNote(name string) string {
	return map[string]string{
		"scenario_1":              "Size of the individual inserts, one row a statement.",
		"scenario_2":              "Size of the batch inserts, many rows a statement.",
		"configurable_parameters": "Notes for the reader of the file; nothing is taken from them.",
	}[name]
}

// resultsSchema returns the properties of run.config that are settings, by key.
func resultsSchema() map[string]string {
	all := map[string]string{}
	for _, s := range setting.Table() {
		if s.Key != "" && !s.NotFile && !s.FileOnly && !strings.Contains(s.Key, ".") {
			all[s.Key] = text(propertyOf(s, true))
		}
	}
	return all
}

// resultsKeys returns the keys of run.config in the order of the results.
func resultsKeys() (keys []string) {
	of := reflect.TypeFor[bench.Config]()
	for i := range of.NumField() {
		if key, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); key != "-" {
			keys = append(keys, key)
		}
	}
	return keys
}

// text returns a value as JSON on one line, with a space after each colon and comma.
func text(value any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // the types are ours
	return spaced(strings.TrimSpace(b.String()))
}

// spaced puts a space after each colon and comma outside of strings.
func spaced(line string) string {
	var b strings.Builder
	inside := false
	for i := range len(line) {
		c := line[i]
		b.WriteByte(c)
		switch {
		case c == '"' && (i == 0 || line[i-1] != '\\'):
			inside = !inside
		case (c == ':' || c == ',') && !inside:
			b.WriteByte(' ')
		}
	}
	return b.String()
}
