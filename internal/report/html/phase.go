package html

import (
	"cmp"
	"slices"

	"dsql-load-test/internal/bench"
)

// phaseNames are in the order in which they are drawn; bench.PhaseTime lists
// them.
func phaseNames() []string {
	return []string{"acquire", "connect", "token", "dns", "dial", "tls", "startup", "prepare", "query", "backoff", bench.Between}
}

// phaseMeaning is what a phase is, for who reads of it the first time.
func phaseMeaning(name string) string {
	switch name {
	case "acquire":
		return "waiting for a connection of the pool"
	case "connect":
		return "opening a connection, besides the steps below"
	case "token":
		return "making the IAM token"
	case "dns":
		return "resolving the name"
	case "dial":
		return "TCP"
	case "tls":
		return "TLS handshake"
	case "startup":
		return "PostgreSQL's startup and authentication"
	case "prepare":
		return "preparing the statement"
	case "query":
		return "the INSERT itself"
	case "backoff":
		return "waiting before another attempt"
	case bench.Between:
		return "covered by no phase"
	}
	return ""
}

// bar is a whole cut into pieces, drawn as one line.
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

// pieces are the shares of own in whole, in the order of phaseNames.
func pieces(own map[string]float64, whole float64) []piece {
	var all []piece
	for _, name := range phaseOrder(own) {
		if whole > 0 {
			all = append(all, piece{Name: name, Color: phaseColor(name), Share: significant(own[name]/whole, 5), Text: millis(own[name])})
		}
	}
	return all
}

// phaseOrder are the phases in own: the known ones in their order, then others
// by name.
func phaseOrder(own map[string]float64) []string {
	var names []string
	for name := range own {
		names = append(names, name)
	}
	known := phaseNames()
	rank := func(name string) int {
		if i := slices.Index(known, name); i >= 0 {
			return i
		}
		return len(known)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return names
}

func phaseColor(name string) string {
	if slices.Contains(phaseNames(), name) {
		return "ph-" + name
	}
	return "ph-" + bench.Between
}
