package grafana_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write dashboards/*.json")

// boards returns the dashboards by the names of their files.
func boards() map[string]*board {
	return map[string]*board{
		"runs": runs(), "load-test": loadTest(), "slow-statements": slowStatements(), "trace": oneTrace(), "telemetry": telemetryHealth(),
	}
}

// The files of the dashboards are those of the code: go test ./grafana -update writes them.
func TestGenerated(t *testing.T) {
	for name, b := range boards() {
		file := "dashboards/" + name + ".json"
		want := encoded(t, b)
		if have, err := os.ReadFile(file); err == nil && bytes.Equal(have, want) {
			continue
		}
		if !*update {
			t.Errorf("%s isn't what the code makes: -update writes it", file)
		} else if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// encoded returns the JSON of a dashboard, with one line for each panel, so that a difference
// shows which panel changed.
func encoded(t *testing.T, b *board) []byte {
	t.Helper()
	line := func(v any) string {
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(text.String())
	}
	whole := b.whole()
	var out strings.Builder
	out.WriteString("{\n")
	for _, key := range slices.Sorted(maps.Keys(whole)) {
		out.WriteString(" " + line(key) + ": " + line(whole[key]) + ",\n")
	}
	out.WriteString(" \"panels\": [\n")
	for i, p := range b.panels {
		if i > 0 {
			out.WriteString(",\n")
		}
		nested, ok := p["panels"].([]object)
		if !ok {
			out.WriteString("  " + line(p))
			continue
		}
		row := maps.Clone(p)
		delete(row, "panels")
		out.WriteString("  " + strings.TrimSuffix(line(row), "}") + ",\"panels\": [\n")
		for k, inside := range nested {
			if k > 0 {
				out.WriteString(",\n")
			}
			out.WriteString("   " + line(inside))
		}
		out.WriteString("\n  ]}")
	}
	out.WriteString("\n ]\n}\n")
	return []byte(out.String())
}
