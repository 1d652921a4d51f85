package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Absent is printed for a number that doesn't exist.
const Absent = "n/a"

// Print prints a value of the figure, rounded for a reader, with its unit.
func (f *Figure) Print(v *float64) string {
	switch {
	case v == nil || !Finite(*v):
		return Absent
	case f.Unit == "ms":
		return Ms(v)
	case f.Unit == "USD":
		return USD(v)
	case f.Unit == "%" || f.Unit == "s":
		return Fixed(*v, f.digits) + " " + f.Unit
	}
	return strings.TrimSpace(Whole(*v) + " " + f.Unit)
}

// Exact prints a number with a unit so that a reader sees on which side of a limit it is.
func Exact(v *float64, unit string) string {
	switch {
	case v == nil || !Finite(*v):
		return Absent
	case unit == "USD" && *v < 0:
		return "-" + Exact(new(-*v), unit)
	case unit == "USD":
		return "$" + strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.6f", *v), "0"), ".")
	}
	return strings.TrimSpace(Plain(*v) + " " + unit)
}

// Ms prints milliseconds with three digits, in ms or s.
func Ms(v *float64) string {
	if v == nil || !Finite(*v) {
		return Absent
	}
	if *v < 0 {
		return "-" + Ms(new(-*v))
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

// USD prints dollars, small sums with more digits so that they can be distinguished.
func USD(v *float64) string {
	switch {
	case v == nil || !Finite(*v):
		return Absent
	case *v < 0:
		return "-" + USD(new(-*v))
	case *v >= 100 || *v == 0:
		return fmt.Sprintf("$%.2f", *v)
	case *v >= 0.01:
		return fmt.Sprintf("$%.4f", *v)
	}
	return fmt.Sprintf("$%.6f", *v)
}

// Share prints a share of 1 in percent, with that many digits after the point.
func Share(v *float64, digits int) string {
	return (&Figure{Unit: "%", digits: digits}).Print(percent(v))
}

// Finite reports whether v is a number and not infinite. Other values print as Absent.
func Finite(v float64) bool { return !math.IsInf(v, 0) && !math.IsNaN(v) }

// Fixed prints v with that many digits after the point.
func Fixed(v float64, digits int) string {
	if !Finite(v) {
		return Absent
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// Whole prints v rounded to a whole number, with thousands grouped.
func Whole(v float64) string {
	if !Finite(v) {
		return Absent
	}
	return Count(int64(math.Floor(v + 0.5)))
}

// Plain prints v with thousands grouped and up to three digits after the point.
func Plain(v float64) string {
	switch rounded := math.Round(v*1000) / 1000; {
	case !Finite(v):
		return Absent
	case math.Abs(v) >= 1<<53:
		return fmt.Sprintf("%g", v)
	case rounded == 0: // not "-0"
		return "0"
	default:
		return grouped(strconv.FormatFloat(rounded, 'f', -1, 64))
	}
}

// Decimal prints v with thousands grouped, and with two digits after the point unless it
// is whole or large.
func Decimal(v float64) string {
	switch rounded := math.Round(v*100) / 100; {
	case math.Abs(v) >= 1<<53 || math.IsNaN(v):
		return fmt.Sprintf("%g", v)
	case v == math.Trunc(v) || math.Abs(v) >= 10_000:
		return Count(int64(math.Round(v)))
	case rounded == 0: // not "-0.00"
		return "0.00"
	default:
		return grouped(strconv.FormatFloat(rounded, 'f', 2, 64))
	}
}

// Count prints n with thousands grouped: 1,010,000.
func Count(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// CountOrAbsent is Count for a number that may not be known.
func CountOrAbsent(n *int64) string {
	if n == nil {
		return Absent
	}
	return Count(*n)
}

// grouped groups the thousands of a decimal number.
func grouped(text string) string {
	whole, _, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
