// Package figure has the numbers of a Record that people judge a run by, in one table:
// name, unit, which direction is better, and where the value comes from. It also writes
// numbers for a reader, the same everywhere.
package figure

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"dsql-load-test/internal/bench"
)

// Absent is what a figure that doesn't exist is written as.
const Absent = "n/a"

// Ms is milliseconds to three figures, in the unit that suits.
func Ms(v *float64) string {
	if v == nil || !Finite(*v) {
		return Absent
	}
	if *v < 0 {
		size := -*v
		return "-" + Ms(&size)
	}
	d := time.Duration(*v * float64(time.Millisecond))
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case *v >= 100:
		return fmt.Sprintf("%.0f ms", *v)
	case *v >= 10:
		return fmt.Sprintf("%.1f ms", *v)
	}
	return fmt.Sprintf("%.2f ms", *v)
}

// Percentile is a percentile of statements' latency, with a * where too few samples
// lie beyond it.
func Percentile(l bench.StatementLatency, name string) string {
	v := l.At(name)
	if v != nil && l.Few(name) {
		return Ms(v) + "*"
	}
	return Ms(v)
}

// Finite reports whether v is a number, and not infinite. What isn't is written as
// Absent.
func Finite(v float64) bool { return !math.IsInf(v, 0) && !math.IsNaN(v) }

// Fixed has so many digits after the point.
func Fixed(v float64, digits int) string {
	if !Finite(v) {
		return Absent
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// Whole is the nearest number without a fraction, its digits grouped.
func Whole(v float64) string {
	if !Finite(v) {
		return Absent
	}
	return Count(int64(math.Floor(v + 0.5)))
}

// Count groups digits by thousands: 1,010,000.
func Count(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
