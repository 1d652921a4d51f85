package cost

import (
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
)

// Exceeds is an error when the sheet's total lies above limit US dollars; 0 is
// no limit. named is what set the limit; standIn, which may be empty, says that the
// prices are another region's.
func Exceeds(s bench.CostSheet, limit float64, named, standIn string) error {
	if limit == 0 || s.TotalUSD <= limit {
		return nil
	}
	if standIn != "" {
		standIn = " (" + standIn + ")"
	}
	return quote.Hint(fmt.Errorf("%s = %g: the plan is estimated at %s%s, which is dearer", named, limit, USD(s.TotalUSD), standIn),
		"a smaller plan, or a higher --max-cost, lets it run; driver cost shows what the estimate is made of")
}

// LimitNote says that a limit is judged at another region's prices; empty when it isn't,
// or when there is none. named and standIn are as in Exceeds.
func LimitNote(limit float64, named, standIn string) string {
	if limit == 0 || standIn == "" {
		return ""
	}
	return fmt.Sprintf("%s = %g is judged %s", named, limit, standIn)
}

// USD is an amount for a reader: to the cent from ten cents on, below with two
// figures or more.
func USD(v float64) string {
	switch {
	case v < 0:
		return "-" + USD(-v)
	case v == 0 || v >= 0.1:
		return fmt.Sprintf("$%.2f", v)
	case v >= 0.01:
		return fmt.Sprintf("$%.3f", v)
	case v >= 0.001:
		return fmt.Sprintf("$%.4f", v)
	case v >= 0.000001:
		return fmt.Sprintf("$%.6f", v)
	}
	return "under $0.000001"
}
