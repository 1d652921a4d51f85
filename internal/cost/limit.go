package cost

import (
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
)

// Exceeds returns an error if the sheet's total is above limit US dollars; 0 is no limit.
// named is the flag, variable or key that set the limit; standIn says that the prices are
// another region's, or is empty.
func Exceeds(s bench.CostSheet, limit float64, named, standIn string) error {
	if limit == 0 || s.TotalUSD <= limit {
		return nil
	}
	if standIn != "" {
		standIn = " (" + standIn + ")"
	}
	return quote.Hint(fmt.Errorf("%s = %g: the plan is estimated at %s%s, which is more", named, limit, USD(s.TotalUSD), standIn),
		"use a smaller plan or a higher --max-cost; driver cost shows the parts of the estimate")
}

// LimitNote says that a limit is checked at another region's prices. It is empty if they are
// the region's own, or if there is no limit. named and standIn are as in Exceeds.
func LimitNote(limit float64, named, standIn string) string {
	if limit == 0 || standIn == "" {
		return ""
	}
	return fmt.Sprintf("%s = %g is judged %s", named, limit, standIn)
}

// USD prints an amount: to the cent from ten cents on, smaller ones with at least two
// significant digits.
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
