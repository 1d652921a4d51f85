// Package suggest finds the known words that a misspelled word may mean.
package suggest

import (
	"slices"
	"strings"

	"dsql-load-test/internal/quote"
)

// Hint adds a hint to err with the known words closest to word; it adds none if no word is
// close. Each word is shown after the prefix before, such as "--".
func Hint(err error, word string, known []string, before string) error {
	near := Closest(word, known)
	if len(near) == 0 {
		return err
	}
	return quote.Hint(err, "did you mean %s%s?", before, strings.Join(near, ", "+before))
}

// Closest returns at most three known words: those with the fewest edits to word, at most a
// third of its letters.
func Closest(word string, known []string) []string {
	least, near := max(1, len(word)/3), []string(nil)
	for _, k := range known {
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if len(word) > 2 && strings.HasPrefix(k, word) { // word is the beginning of k
			d = 1
		}
		switch {
		case d < least:
			least, near = d, []string{k}
		case d == least && !slices.Contains(near, k):
			near = append(near, k)
		}
	}
	return near[:min(len(near), 3)]
}

// distance returns the number of edits that turn a into b: insertions, removals,
// replacements and swaps of neighbours (optimal string alignment). row[j] is the distance
// of a[:i+1] to b[:j]; last and before are the two rows before it.
func distance(a, b string) int {
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			row[j+1] = min(last[j+1], row[j]) + 1
			if a[i] == b[j] {
				row[j+1] = min(row[j+1], last[j])
			} else {
				row[j+1] = min(row[j+1], last[j]+1)
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}
