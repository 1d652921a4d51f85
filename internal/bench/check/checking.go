package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// checking is one look at an answer. What is in order costs nothing: an answer is
// looked at while a thousand others arrive.
type checking struct {
	*bench.Response
	asked   bench.Invocation
	rows    int64 // of one statement
	started int64 // statements
	wrong   int64 // statements that failed, or are unknown
	faults  []string

	list         string // that is being looked at; empty for the answer itself
	outer, inner int    // the list's element, and its phase from 1; 0 for none
}

// enter and leave say which element of a list is being looked at.
func (k *checking) enter(list string, i int) { k.list, k.outer = list, i }
func (k *checking) leave()                   { k.list = "" }

// note keeps a fault of a field, at most one of each.
func (k *checking) note(field, text string) bool {
	if k.inner > 0 {
		field = fmt.Sprintf("phases[%d].%s", k.inner-1, field)
	}
	if k.list != "" {
		field = fmt.Sprintf("%s[%d].%s", k.list, k.outer, field)
	}
	if !slices.ContainsFunc(k.faults, func(f string) bool { return strings.HasPrefix(f, field+" ") }) {
		k.faults = append(k.faults, field+" is "+text)
	}
	return false
}

// fault is all of them on one line; nil when there is none.
func (k *checking) fault() error {
	if len(k.faults) == 0 {
		return nil
	}
	return errors.New(strings.Join(k.faults, "; "))
}

// must notes a fault unless ok; it returns ok.
func (k *checking) must(ok bool, field, text string, args ...any) bool {
	return ok || k.note(field, fmt.Sprintf(text, args...))
}

// same notes a field that isn't as wanted; it returns whether it is.
func same[T comparable](k *checking, field string, got, want T) bool {
	return got == want || k.note(field, fmt.Sprintf("%v, must be %v", got, want))
}

// within notes a number out of its range, both ends included; it returns whether
// it lies within. NaN lies nowhere.
func within[N int | int64 | float64](k *checking, field string, got, least, most N) bool {
	return got >= least && got <= most || k.note(field, fmt.Sprintf("%v, must be %v to %v", got, least, most))
}

// counts adds up numbers by a word, such as the kind of an error, of at most most
// together; ok is false when they can't be.
func (k *checking) counts(field string, counts map[string]int64, most int64) (sum int64, ok bool) {
	if !k.must(len(counts) <= maxErrorKinds, field, "a count of more than %d kinds", maxErrorKinds) {
		return 0, false
	}
	for word, n := range counts {
		if !isWord(word) {
			return 0, k.note(field, fmt.Sprintf("a count of %q, which isn't a word", word))
		}
		if n < 1 || n > most-sum {
			return 0, k.note(field, fmt.Sprintf("%d of %s, must be 1 or more, and all together %d at most", n, word, most))
		}
		sum += n
	}
	return sum, true
}

// isWord reports whether text is a short word of letters, digits, _ and ., as the
// kinds of errors and the reasons of losses are.
func isWord(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' {
			return false
		}
	}
	return len(text) >= 1 && len(text) <= 64
}

// isHex reports whether text is so many hexadecimal digits.
func isHex(text string, digits int) bool {
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'f') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(text) == digits
}

// Disjoint reports whether all intervals of sets lie within 0 to end, none is
// empty, no two overlap, and those of each set ascend.
func Disjoint(end int64, sets ...bench.Ranges) bool {
	ascending := func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) }
	if slices.ContainsFunc(sets, func(r bench.Ranges) bool { return !slices.IsSortedFunc(r, ascending) }) {
		return false
	}
	all := slices.Concat(sets...)
	slices.SortFunc(all, ascending)
	next := 0
	for _, span := range all {
		if span[0] < next || span[1] <= span[0] {
			return false
		}
		next = span[1]
	}
	return int64(next) <= end
}
