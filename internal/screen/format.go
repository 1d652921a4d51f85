package screen

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// plain formats a number without grouping.
func plain(n int64) string { return strconv.FormatInt(n, 10) }

// perSecond formats a rate, without decimals if it is 10 or more.
func perSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f", rate)
	}
	return figure.Whole(rate)
}

// short formats a latency with three digits.
func short(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	return figure.Ms(&ms)
}

// clock formats a duration as 0:42 or 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// someKinds lists the most frequent kinds: all of up to four, else three.
func someKinds(counts map[string]int64, number func(int64) string) string {
	const most = 3
	parts := named(counts, number)
	if n := len(parts) - most; n > 1 {
		parts = append(parts[:most], fmt.Sprintf("%d other kinds", n))
	}
	return strings.Join(parts, ", ")
}

// named returns each kind with its number, the most frequent first.
func named(counts map[string]int64, number func(int64) string) []string {
	var parts []string
	for _, name := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	}) {
		parts = append(parts, kind(name)+" "+number(counts[name]))
	}
	return parts
}

// kind returns an error's kind, shortened, with words for the SQLSTATEs that a load test meets
// (PostgreSQL's errcodes.txt).
func kind(name string) string {
	const longest = 40
	words := map[string]string{
		"08006": "connection refused or lost", "22001": "value too long", "23502": "not null violation", "23505": "duplicate key", "23514": "check violation",
		"25006": "read only", "25P03": "idle in transaction", "25P04": "transaction time-out", "55P03": "lock time-out", "57014": "cancelled", "57P05": "idle connection", "28000": "not let in", "28P01": "wrong password", "3D000": "no such database", "3F000": "no such schema",
		"40001": "conflict", "42501": "no right", "42703": "undefined column", "42804": "wrong type", "42P01": "undefined table", "42P10": "no key for ON CONFLICT",
		"53300": "too many connections", "53400": "connection rate", "54000": "transaction limit", "57P01": "shut down",
	}
	if w := words[name]; w != "" {
		return name + " (" + w + ")"
	}
	return ansi.Truncate(quote.Line(name), longest, "…")
}

// percent rounds down, so that 100 % means all.
func percent(part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	return min(100, max(0, part)*100/whole)
}
