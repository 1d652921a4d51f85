package report

import (
	"cmp"
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// placedLines name the rows that aren't as the run knew them, a line each, and say
// how many more there are and where all are listed. An older file has the ids of those
// lost alone.
func placedLines(v *bench.Verification) (lines []string) {
	for i := range v.LostRows {
		lines = append(lines, "lost: "+placedLine(&v.LostRows[i]))
	}
	if len(v.LostRows) == 0 {
		for _, id := range v.LostIDs {
			lines = append(lines, "lost: "+id)
		}
	}
	lines = append(lines, more(v.Lost, max(len(v.LostRows), len(v.LostIDs)), "lost")...)
	for i := range v.UnexpectedRows {
		lines = append(lines, foundOf(&v.UnexpectedRows[i])+": "+placedLine(&v.UnexpectedRows[i]))
	}
	lines = append(lines, more(bench.Known(v.Unexpected), len(v.UnexpectedRows), "unexpected")...)
	if v.RowsFile != "" {
		lines = append(lines, "all of them are listed in "+v.RowsFile)
	}
	return lines
}

// foundOf says what is wrong with a row: it is lost, or it is there although its
// statement failed or wasn't started.
func foundOf(r *bench.PlacedRow) string {
	if r.Outcome == bench.Acknowledged {
		return "lost"
	}
	return strings.ReplaceAll(string(r.Outcome), "_", " ") + ", yet there"
}

func placedLine(r *bench.PlacedRow) string {
	return fmt.Sprintf("%s  %s, %s, %s", r.ID, r.Place(), whenOf(r), environmentOf(r))
}

func whenOf(r *bench.PlacedRow) string { return cmp.Or(r.When(), "time unknown") }

func environmentOf(r *bench.PlacedRow) string {
	if r.Environment == nil {
		return "environment unknown"
	}
	return "environment " + *r.Environment
}

func more(all int64, named int, kind string) []string {
	if all <= int64(named) {
		return nil
	}
	return []string{fmt.Sprintf("and %s more %s", figure.Count(all-int64(named)), kind)}
}
