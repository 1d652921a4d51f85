package e2e_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notEmitted has the names in the document that these runs can't emit, with the reason.
func notEmitted() map[string]string {
	const aws = "only Lambda on AWS says where it runs"
	return map[string]string{
		"token":             "only with a database that takes IAM tokens",
		"cloud.provider":    aws,
		"cloud.platform":    aws,
		"cloud.region":      aws,
		"dsqlload_run_cost": "only a run on AWS costs something",
		"dsqlload.basis":    "of the cost",
	}
}

// document is the telemetry that docs/telemetry.md lists.
type document struct {
	spans      map[string]string   // "KIND by service"
	metrics    map[string][]string // services, by name in Prometheus
	attributes map[string][]string // where, in the document's words
}

func readDocument(t *testing.T) document {
	t.Helper()
	text, err := os.ReadFile("../../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	d := document{map[string]string{}, map[string][]string{}, map[string][]string{}}
	section := ""
	row := regexp.MustCompile("^\\| `(.+?)` \\| (.*) \\|$")
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if s, ok := strings.CutPrefix(line, "## "); ok {
			section = s
		}
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		cells := strings.Split(m[2], "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch section {
		case "Traces":
			d.spans[m[1]] = cells[0] + " by " + services(cells[1])[0]
		case "Metrics":
			d.metrics[prometheusName(m[1], cells[0], cells[1])] = services(cells[2])
		case "Attributes":
			d.attributes[m[1]] = strings.Split(cells[0], ", ")
		}
	}
	if len(d.spans) < 15 || len(d.metrics) < 25 || len(d.attributes) < 45 {
		t.Fatalf("%d spans, %d metrics, %d attributes: the tables were not understood", len(d.spans), len(d.metrics), len(d.attributes))
	}
	return d
}

func services(who string) (names []string) {
	for _, w := range strings.Split(who, ", ") {
		names = append(names, "dsql-load-test-"+strings.ToLower(w))
	}
	slices.Sort(names)
	return names
}

// prometheusName returns the name under which Prometheus stores an OTLP metric.
func prometheusName(name, kind, unit string) string {
	name = strings.ReplaceAll(name, ".", "_") + map[string]string{"s": "_seconds", "By": "_bytes"}[unit]
	if kind == "counter" {
		name += "_total"
	}
	return name
}

// covers reports whether the document's word for a place means this one.
func (d document) covers(on string, at place) bool {
	isSpan, isMetric := at.kind == "span", at.kind == "metric"
	switch on {
	case "resource":
		return at.kind == "resource"
	case "spans":
		return isSpan
	case "metrics":
		return isMetric
	case "statement":
		return isSpan && at.name == statement
	case "its metric":
		return isMetric && at.name == "db_client_operation_duration_seconds"
	case "connection metrics":
		return isMetric && (strings.HasPrefix(at.name, "db_client_connection_") || at.name == "dsqlload_connections")
	case "ledger":
		return isMetric && strings.HasPrefix(at.name, "dsqlload_telemetry_")
	case "spans below `attempt`":
		phases := []string{"acquire", "connect", "token", "dns", "dial", "tls", "startup", "prepare", "query"}
		return isSpan && slices.Contains(phases, at.name)
	}
	name := strings.Trim(on, "`")
	return isSpan && at.name == name || isMetric && strings.HasPrefix(at.name, strings.ReplaceAll(name, ".", "_"))
}
