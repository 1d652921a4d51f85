package event

import (
	"slices"
	"testing"

	"dsql-load-test/internal/bench"
)

// Every type that a run may use has a kind, and every kind has a type.
func TestKindsAreTheTypes(t *testing.T) {
	var all []bench.EventType
	for _, k := range kinds() {
		all = append(all, k.of)
	}
	if want := bench.EventTypes(); !slices.Equal(append(all, bench.Random), want) {
		t.Errorf("%v, want %v", all, want)
	}
}
