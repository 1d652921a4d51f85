package cost

import (
	"math"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
)

// Whatever a price list has, it prices a run, or each of its faults has a place.
func FuzzPrices(f *testing.F) {
	f.Add(embedded)
	for _, text := range []string{
		"", "{}", "null", "\xef\xbb\xbf{}", `{"date": "2026-07", "source": "a", "regions": {"eu-west-1": ` + whole + `}}`,
		`{"date": "2026-07", "source": "a", "regions": {"eu-west-1": ` + strings.Replace(whole, ": 1", ": 1e400", 1) + `}}`,
		`{"date": "2026-07", "source": "a", "regions": {"eu-west-1": ` + strings.Replace(whole, ": 1", ": -1", 1) + `}}`,
		`{"date": "2026-07", "source": "a", "regions": {"eu.west": ` + whole + `, "eu.west": {}}}`,
		`{"date": 1, "source": null, "regions": []}`,
	} {
		f.Add([]byte(text))
	}
	config := bench.Defaults()
	f.Fuzz(func(t *testing.T, text []byte) {
		prices, err := parse("prices.json", text)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "prices.json:") {
					t.Errorf("error without a place: %q", line)
				}
			}
			return
		}
		sheet := Estimate(Work{Plans: config.Plans("")}, nil, prices, config.Region)
		if math.IsNaN(sheet.TotalUSD) || math.IsInf(sheet.TotalUSD, 0) || sheet.TotalUSD < 0 {
			t.Errorf("the run costs %v", sheet.TotalUSD)
		}
	})
}
