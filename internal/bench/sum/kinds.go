package sum

import (
	"cmp"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// kindsKept bounds the kinds of a map. Further kinds, the last in alphabetical order, are
// added up as other. So the result doesn't depend on the order of adding.
const kindsKept = 200

const other = "other"

// surplus returns the kind that is to be added to other; ok is false while there is
// room for all.
func surplus[V any](by map[string]V) (kind string, ok bool) {
	n := len(by)
	if _, has := by[other]; has {
		n--
	}
	if n <= kindsKept {
		return "", false
	}
	for k := range by {
		if k != other {
			kind = max(kind, k)
		}
	}
	return kind, true
}

// addCount adds n to a kind.
func addCount(to map[string]int64, kind string, n int64) {
	to[kind] += n
	if last, ok := surplus(to); ok {
		to[other] += to[last]
		delete(to, last)
	}
}

// addCounts adds from to to, which may be nil.
func addCounts(to, from map[string]int64) map[string]int64 {
	if to == nil && len(from) > 0 {
		to = map[string]int64{}
	}
	for kind, n := range from {
		addCount(to, kind, n)
	}
	return to
}

// errorKinds holds the errors of statements by kind.
type errorKinds map[string]*errorKind

// errorKind counts one kind. Its message is that of the invocation with the lowest index.
type errorKind struct {
	bench.ErrorCount
	index int    // of the invocation
	kind  string // of the message; differs from Kind after it was added to other
}

func (all errorKinds) add(e errorKind) {
	all.put(e)
	if last, ok := surplus(all); ok {
		e := *all[last]
		delete(all, last)
		e.Kind = other
		all.put(e)
	}
}

func (all errorKinds) put(e errorKind) {
	sum := all[e.Kind]
	if sum == nil {
		all[e.Kind] = &e
		return
	}
	if cmp.Or(cmp.Compare(e.index, sum.index), cmp.Compare(e.kind, sum.kind)) < 0 {
		sum.Message, sum.index, sum.kind = e.Message, e.index, e.kind
	}
	sum.Statements += e.Statements
	sum.Rows += e.Rows
}

// counts returns the kinds, most frequent first.
func (all errorKinds) counts() []bench.ErrorCount {
	counts := make([]bench.ErrorCount, 0, len(all))
	for _, e := range all {
		counts = append(counts, e.ErrorCount)
	}
	slices.SortFunc(counts, func(a, b bench.ErrorCount) int {
		return cmp.Or(cmp.Compare(b.Statements, a.Statements), cmp.Compare(a.Kind, b.Kind))
	})
	return counts
}

// Shortened returns the first 1000 bytes of a text from outside, which may be megabytes
// long.
func Shortened(text string) string {
	const most = 1000 // bytes
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " ..."
}
