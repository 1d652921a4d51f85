package html

import (
	"cmp"
	"maps"
	"slices"

	"dsql-load-test/internal/bench"
)

// phase is a phase of a statement (bench.Phase) and its meaning for the reader.
type phase struct{ name, meaning string }

// phases returns the phases in the order in which they are drawn.
func phases() []phase {
	return []phase{
		{"acquire", "waiting for a connection of the pool"},
		{"connect", "opening a connection, besides the steps below"},
		{"token", "making the IAM token"},
		{"dns", "resolving the name"},
		{"dial", "TCP"},
		{"tls", "TLS handshake"},
		{"startup", "PostgreSQL's startup and authentication"},
		{"prepare", "preparing the statement"},
		{"query", "the INSERT itself"},
		{"backoff", "waiting before another attempt"},
		{bench.Between, "covered by no phase"},
	}
}

// phaseIndex returns the index in phases; -1 for an unknown phase.
func phaseIndex(name string) int {
	return slices.IndexFunc(phases(), func(p phase) bool { return p.name == name })
}

func phaseMeaning(name string) string {
	if i := phaseIndex(name); i >= 0 {
		return phases()[i].meaning
	}
	return ""
}

// bar is a time cut into pieces, drawn as one line.
type bar struct {
	Title  string
	Note   string
	Pieces []piece
	Legend bool
}

// piece is one part of a bar.
type piece struct {
	Name  string
	Color string // class of asset/page.css
	Share float64
	Text  string
}

// pieces returns the shares of own in whole, in the order of phases.
func pieces(own map[string]float64, whole float64) []piece {
	var all []piece
	for _, name := range phaseOrder(own) {
		if whole > 0 {
			all = append(all, piece{Name: name, Color: phaseColor(name), Share: significant(own[name]/whole, 5), Text: millis(own[name])})
		}
	}
	return all
}

// phaseOrder returns the phases in own: the known ones in their order, then others by name.
func phaseOrder(own map[string]float64) []string {
	rank := func(name string) uint { return uint(phaseIndex(name)) } // -1 comes last
	return slices.SortedFunc(maps.Keys(own), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

func phaseColor(name string) string {
	if phaseIndex(name) < 0 {
		name = bench.Between
	}
	return "ph-" + name
}
