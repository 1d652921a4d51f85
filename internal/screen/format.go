package screen

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// digits groups by thousands: 1,010,000.
func digits(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// perSecond is a rate without the decimals that nobody reads while it moves.
func perSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f", rate)
	}
	return digits(int64(math.Round(rate)))
}

// short is a latency to three figures, in the unit that suits.
func short(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.2f ms", ms)
}

// clock is a duration as 0:42 or 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// kinds lists counts, the most frequent first.
func kinds(counts []Count) string {
	sorted := slices.Clone(counts)
	slices.SortFunc(sorted, func(a, b Count) int {
		if a.N != b.N {
			return int(max(-1, min(1, b.N-a.N)))
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	var parts []string
	for _, c := range sorted {
		parts = append(parts, kind(c.Kind)+" "+digits(c.N))
	}
	return strings.Join(parts, ", ")
}

// kind is an error's kind, with the word for what everybody looks for.
func kind(name string) string {
	if name == "40001" { // serialization_failure
		return name + " (conflict)"
	}
	return name
}

// percent is floored, so that 100 % means all.
func percent(part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	return min(100, max(0, part)*100/whole)
}
