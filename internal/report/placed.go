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
	add := func(rows []bench.PlacedRow) {
		for _, c := range PlacedCells(rows) {
			lines = append(lines, fmt.Sprintf("%s: %s  %s, %s, environment %s", c[0], c[1], c[2], c[3], c[4]))
		}
	}
	more := func(all int64, named int, kind string) {
		if all > int64(named) {
			lines = append(lines, fmt.Sprintf("and %s more %s", figure.Count(all-int64(named)), kind))
		}
	}
	add(v.LostRows)
	if len(v.LostRows) == 0 {
		for _, id := range v.LostIDs {
			lines = append(lines, "lost: "+id)
		}
	}
	more(v.Lost, max(len(v.LostRows), len(v.LostIDs)), "lost")
	add(v.UnexpectedRows)
	more(bench.Known(v.Unexpected), len(v.UnexpectedRows), "unexpected")
	if v.RowsFile != "" {
		lines = append(lines, "all of them are listed in "+v.RowsFile)
	}
	return lines
}

// PlacedCells describes each row by what is wrong with it, its id, place, time and
// environment.
func PlacedCells(rows []bench.PlacedRow) (all [][]string) {
	for i := range rows {
		r, environment := &rows[i], "unknown"
		if r.Environment != nil {
			environment = *r.Environment
		}
		all = append(all, []string{r.Found(), r.ID, r.Place(), cmp.Or(r.When(), "time unknown"), environment})
	}
	return all
}
