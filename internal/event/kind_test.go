package event

import (
	"slices"
	"testing"

	"dsql-load-test/internal/bench"
)

// Every type that a run may ask for has a kind, and no kind is without its type.
func TestKindsAreTheTypes(t *testing.T) {
	var all []bench.EventType
	for _, k := range kinds() {
		all = append(all, k.of)
	}
	if want := bench.EventTypes(); !slices.Equal(append(all, bench.Random), want) {
		t.Errorf("%v, want %v", all, want)
	}
}
