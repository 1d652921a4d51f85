package html

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"dsql-load-test/internal/figure"
)

const absent = figure.Absent

func millis(v float64) string { return figure.Ms(&v) }

// number prints one digit after the point, and none from 1,000.
func number(v *float64) string {
	switch {
	case v == nil || !figure.Finite(*v):
		return absent
	case math.Abs(*v) >= 1000:
		return figure.Count(int64(math.Round(*v)))
	}
	return fmt.Sprintf("%.1f", *v)
}

// plain prints as many digits as the number needs, at most six.
func plain(v *float64) string {
	switch {
	case v == nil || !figure.Finite(*v):
		return absent
	case math.Abs(*v) >= 1000 && *v == math.Trunc(*v):
		return figure.Count(int64(*v))
	}
	return fmt.Sprintf("%.6g", *v)
}

// percent prints a share.
func percent(share *float64) string { return figure.Share(share, 1) }

// pluralOf is figure.Plural for a number that may not be known.
func pluralOf(n *int64, noun string) string {
	if n == nil {
		return absent + " " + noun + "s"
	}
	return figure.Plural(*n, noun)
}

// kinds lists counts by kind, most frequent first.
func kinds(m map[string]int64) string {
	var parts []string
	for _, k := range byCount(m) {
		parts = append(parts, figure.Count(m[k])+" x "+k)
	}
	return cmp.Or(strings.Join(parts, ", "), "none")
}

// byCount returns the keys of m, the largest count first, ties by name.
func byCount(m map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b))
	})
}

// capital returns text with a capital letter at the beginning.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
