package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
)

// CSV writes the timeline of all scenarios as RFC 4180: a header, then a line for each
// second of each scenario. No field can be taken for a formula by a spreadsheet.
func CSV(w io.Writer, r *bench.Record) error {
	r = quote.Copy(r)
	out := csv.NewWriter(w)
	columns := Columns()
	fields := make([]string, len(columns))
	for i, c := range columns {
		fields[i] = c.Name
	}
	_ = out.Write(fields) // Error returns the first error
	for _, s := range r.Summaries() {
		for at := range s.Timeline {
			for i, c := range columns {
				fields[i] = quote.Cell(c.of(s, &s.Timeline[at]))
			}
			_ = out.Write(fields)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func beginning(s *bench.Summary, t *bench.TimelineSecond) string {
	if s.StartedAt.IsZero() {
		return ""
	}
	return s.StartedAt.UTC().Truncate(time.Second).Add(time.Duration(t.Second) * time.Second).Format(time.RFC3339)
}

// kinds puts counts by kind into one field. The separators are escaped within a kind,
// because a spreadsheet may also take a semicolon for the end of a field.
func kinds(counts map[string]int64) string {
	separators := strings.NewReplacer(";", `\x3b`, "=", `\x3d`)
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s=%d", quote.Cell(separators.Replace(kind)), counts[kind]))
	}
	return strings.Join(parts, ";")
}
