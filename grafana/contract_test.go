package grafana_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// contract holds the names that docs/telemetry.md documents.
type contract struct {
	spans      map[string]bool
	attributes map[string]bool
	metrics    map[string]string // type by Prometheus name
}

func readContract(t *testing.T) contract {
	t.Helper()
	text, err := os.ReadFile("../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	c := contract{map[string]bool{}, map[string]bool{}, map[string]string{}}
	row := regexp.MustCompile("^\\| `([^`]+)` \\| (.*) \\|$")
	var section string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if s, ok := strings.CutPrefix(line, "## "); ok {
			section = s
		}
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		switch name, cells := m[1], strings.Split(m[2], "|"); section {
		case "Traces":
			c.spans[name] = true
		case "Metrics":
			kind, unit := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1])
			c.metrics[prometheusName(name, kind, unit)] = kind
		case "Attributes":
			c.attributes[name] = true
		}
	}
	if len(c.spans) < 10 || len(c.metrics) < 20 || len(c.attributes) < 40 {
		t.Fatalf("docs/telemetry.md: %d spans, %d metrics, %d attributes: its tables were not understood",
			len(c.spans), len(c.metrics), len(c.attributes))
	}
	return c
}

// prometheusName returns the name of an OTLP metric in Prometheus.
func prometheusName(name, kind, unit string) string {
	name = strings.ReplaceAll(name, ".", "_") + map[string]string{"s": "_seconds", "By": "_bytes"}[unit]
	if kind == "counter" {
		name += "_total"
	}
	return name
}

// labels returns the names of the attributes in Prometheus.
func (c contract) labels() map[string]bool {
	l := map[string]bool{}
	for a := range c.attributes {
		l[strings.ReplaceAll(a, ".", "_")] = true
	}
	return l
}
