package html

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/figure"
)

const absent = figure.Absent

func millis(v float64) string { return figure.Ms(&v) }

func counted(n *int64) string {
	if n == nil {
		return absent
	}
	return figure.Count(*n)
}

// rate is a number per second without a fraction.
func rate(v float64) string { return figure.Whole(v) }

// number has one digit after the point, large ones none.
func number(v *float64) string {
	switch {
	case v == nil || !figure.Finite(*v):
		return absent
	case math.Abs(*v) >= 1000:
		return figure.Count(int64(math.Round(*v)))
	}
	return fmt.Sprintf("%.1f", *v)
}

// plain has as many digits as the number needs, six at most.
func plain(v *float64) string {
	switch {
	case v == nil || !figure.Finite(*v):
		return absent
	case math.Abs(*v) >= 1000 && *v == math.Trunc(*v):
		return figure.Count(int64(*v))
	}
	return fmt.Sprintf("%.6g", *v)
}

func percent(share float64) string { return figure.Fixed(100*share, 1) + " %" }

func percentOf(share *float64) string {
	if share == nil {
		return absent
	}
	return percent(*share)
}

// usd keeps what matters of small sums too.
func usd(v *float64) string {
	switch {
	case v == nil || !figure.Finite(*v):
		return absent
	case *v < 0:
		size := -*v
		return "-" + usd(&size)
	case *v != 0 && *v < 0.01:
		return fmt.Sprintf("$%.6f", *v)
	}
	return fmt.Sprintf("$%.4f", *v)
}

func seconds(v float64) string { return figure.Fixed(v, 2) + " s" }

func when(t time.Time) string {
	if t.IsZero() {
		return absent
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// plural is n with its noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return figure.Count(n) + " " + noun + "s"
}

// pluralOf is plural of a number that may not be known.
func pluralOf(n *int64, noun string) string {
	if n == nil {
		return absent + " " + noun + "s"
	}
	return plural(*n, noun)
}

// kinds lists counts by kind, most frequent first.
func kinds(m map[string]int64) string {
	parts := make([]string, 0, len(m))
	for _, k := range byCount(m) {
		parts = append(parts, figure.Count(m[k])+" x "+k)
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// byCount are m's keys, the largest count first, ties by name.
func byCount(m map[string]int64) []string {
	keys := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(keys, func(a, b string) int { return int(min(max(m[b]-m[a], -1), 1)) })
	return keys
}

func total(m map[string]int64) (sum int64) {
	for _, n := range m {
		sum += n
	}
	return sum
}

// capital begins text like a sentence.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// or is text, or other when text is empty.
func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
