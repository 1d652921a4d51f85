package html

import (
	"slices"
	"testing"

	"dsql-load-test/internal/bench"
)

// The rows of streamed answers are there only if one of the sheets has such bytes.
func TestStreamedCost(t *testing.T) {
	for _, c := range []struct {
		name             string
		estimate, actual *bench.CostSheet
		want             []string // estimate and actual of both rows; nil: no such rows
	}{
		{"nothing streamed", &bench.CostSheet{}, &bench.CostSheet{}, nil},
		{"billed", &bench.CostSheet{}, &bench.CostSheet{StreamedGB: 2.5, StreamedUSD: 0.02}, []string{"0", "2.5", "$0.00", "$0.0200"}},
		{"estimated only", &bench.CostSheet{StreamedGB: 2.5, StreamedUSD: 0.02}, nil, []string{"2.5", absent, "$0.0200", absent}},
	} {
		var got []string
		r := &bench.Record{Run: bench.Run{Target: bench.AWS}, Cost: &bench.Cost{Currency: "USD", Estimate: c.estimate, Actual: c.actual}}
		for _, row := range cost(r)[0].Table.Rows {
			if row[0].Text == "GB streamed beyond 6 MB an answer" || row[0].Text == "for streamed answers" {
				got = append(got, row[1].Text, row[2].Text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
