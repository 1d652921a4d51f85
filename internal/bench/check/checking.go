package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// checking is the check of one answer. Correct fields cost no allocation, because an answer is
// checked while a thousand others arrive.
type checking struct {
	*bench.Response
	asked   bench.Invocation
	rows    int64 // of one statement
	started int64 // statements
	wrong   int64 // statements that failed, or are unknown
	told    Told  // by the partial answers before
	faults  []string

	list  string // the checked list; empty for fields of the answer itself
	outer int    // index of the checked entry in list
	inner int    // number of the checked phase of this entry, from 1; 0 for none
}

// enter and leave set the entry of a list whose fields note names.
func (k *checking) enter(list string, i int) { k.list, k.outer = list, i }
func (k *checking) leave()                   { k.list = "" }

// note stores a fault of a field, unless the field has one already. It returns false.
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

// fault returns all faults on one line; nil if there is none.
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

// same notes a fault unless got is want, and reports whether it is.
func same[T comparable](k *checking, field string, got, want T) bool {
	return got == want || k.note(field, fmt.Sprintf("%v, must be %v", got, want))
}

// within notes a fault unless least <= got <= most, and reports whether this holds. It never
// holds for NaN.
func within[N int | int64 | float64](k *checking, field string, got, least, most N) bool {
	return got >= least && got <= most || k.note(field, fmt.Sprintf("%v, must be %v to %v", got, least, most))
}

// counts returns the sum of counts by word, such as the kind of an error. It notes a fault and
// returns false if a word or a count is invalid, or the sum is above most.
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

// isWord reports whether text is a short word of letters, digits, _ and ., such as the kind of
// an error or the reason of a loss.
func isWord(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' {
			return false
		}
	}
	return len(text) >= 1 && len(text) <= 64
}

// isHex reports whether text has this number of lower-case hexadecimal digits and nothing else.
func isHex(text string, digits int) bool {
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'f') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(text) == digits
}

// Disjoint reports whether the intervals of all sets are within [0, end), not empty, and don't
// overlap, and those of each set ascend.
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
