package report

import (
	"cmp"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// placedLines names the rows for which the table and the run disagree, a line each, and
// says how many more there are and where all are listed. An older file only has the ids
// of lost rows.
func placedLines(v *bench.Verification) (lines []string) {
	for i := range v.LostRows {
		lines = append(lines, placedLine(&v.LostRows[i]))
	}
	if len(v.LostRows) == 0 {
		for _, id := range v.LostIDs {
			lines = append(lines, "lost: "+id)
		}
	}
	lines = append(lines, more(v.Lost, max(len(v.LostRows), len(v.LostIDs)), "lost")...)
	for i := range v.UnexpectedRows {
		lines = append(lines, placedLine(&v.UnexpectedRows[i]))
	}
	lines = append(lines, more(bench.Known(v.Unexpected), len(v.UnexpectedRows), "unexpected")...)
	if v.RowsFile != "" {
		lines = append(lines, "all of them are listed in "+v.RowsFile)
	}
	return lines
}

func placedLine(r *bench.PlacedRow) string {
	return fmt.Sprintf("%s: %s  %s, %s, environment %s", r.Found(), r.ID, r.Place(), whenOf(r), environmentOf(r))
}

func whenOf(r *bench.PlacedRow) string { return cmp.Or(r.When(), "time unknown") }

func environmentOf(r *bench.PlacedRow) string {
	if r.Environment == nil {
		return "unknown"
	}
	return *r.Environment
}

func more(all int64, named int, kind string) []string {
	if all <= int64(named) {
		return nil
	}
	return []string{fmt.Sprintf("and %s more %s", figure.Count(all-int64(named)), kind)}
}
