package telemetrytest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"dsql-load-test/internal/bench"
)

// Documented returns the attributes in docs/telemetry.md, and for each the column "on".
func Documented(t *testing.T) map[string]string {
	t.Helper()
	doc, err := os.ReadFile("../../../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "## Attributes")
	on := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.*?) \\|").FindAllStringSubmatch(table, -1) {
		on[row[1]] = row[2]
	}
	if len(on) < 20 {
		t.Fatalf("%d attributes documented", len(on))
	}
	return on
}

// MayHave reports whether the column "on" includes a span.
func MayHave(on, span string) bool {
	place := "`" + span + "`"
	switch span {
	case "INSERT business_events":
		place = "statement"
	case "dsql-load-test":
		place = "`{function}`"
	case "invoke dsql-load-test":
		place = "`invoke {function}`"
	}
	below := span != "INSERT business_events" && span != "attempt" && slices.Contains(
		bench.Phases(), bench.Phase(span)) && span != string(bench.Backoff)
	for part := range strings.SplitSeq(on, ", ") {
		if part == place || part == "spans" || below && part == "spans below `attempt`" {
			return true
		}
	}
	return false
}

// Agree fails the test if an attribute isn't documented for the span.
func Agree(t *testing.T, span string, kvs []*commonpb.KeyValue) {
	t.Helper()
	on := Documented(t)
	for key := range Attributes(kvs) {
		if !MayHave(on[key], span) {
			t.Errorf("span %s has %s, which docs/telemetry.md has on %q", span, key, on[key])
		}
	}
}
