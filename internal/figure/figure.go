// Package figure writes numbers for a reader, the same everywhere.
package figure

import (
	"fmt"
	"time"
)

// Absent is what a figure that doesn't exist is written as.
const Absent = "n/a"

// Ms is milliseconds to three figures, in the unit that suits.
func Ms(v *float64) string {
	if v == nil {
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

// Count groups digits by thousands: 1,010,000.
func Count(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
