package html

import (
	"cmp"
	"maps"
	"slices"

	"dsql-load-test/internal/bench"
)

// phaseIndex returns the place of a phase in the order in which they are drawn; -1 for an
// unknown phase.
func phaseIndex(name string) int {
	return slices.Index(append(bench.Phases(), bench.Between), bench.Phase(name))
}

// phaseMeaning says what a phase is; empty for an unknown phase.
func phaseMeaning(name string) string {
	return map[bench.Phase]string{
		bench.Acquire: "waiting for a connection of the pool",
		bench.Connect: "opening a connection, besides the steps below",
		bench.Token:   "making the IAM token",
		bench.DNS:     "resolving the name",
		bench.Dial:    "TCP",
		bench.TLS:     "TLS handshake",
		bench.Startup: "PostgreSQL's startup and authentication",
		bench.Prepare: "preparing the statement",
		bench.Query:   "the INSERT itself",
		bench.Backoff: "waiting before another attempt",
		bench.Between: "covered by no phase",
	}[bench.Phase(name)]
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
	if whole <= 0 {
		return nil
	}
	var all []piece
	for _, name := range phaseOrder(own) {
		all = append(all, piece{Name: name, Color: phaseColor(name), Share: significant(own[name]/whole, 5), Text: millis(own[name])})
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
