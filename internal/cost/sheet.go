package cost

import (
	"fmt"
	"io"
	"math"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// WriteSheet prints a calculation and the sentences that say what it rests on.
func WriteSheet(w io.Writer, s *bench.CostSheet) {
	line := func(name, amount string, usd *float64) {
		price := "not known"
		if usd != nil {
			price = USD(*usd)
		}
		fmt.Fprintf(w, "  %-20s %20s %14s\n", name, amount, price)
	}
	line("Lambda requests", figure.Count(s.Requests), &s.RequestsUSD)
	line("Lambda duration", Decimal(s.GBSeconds)+" GB s", &s.DurationUSD)
	if init := s.InitGBSeconds; init != nil && s.GBSeconds > 0 {
		usd := s.DurationUSD * *init / s.GBSeconds
		line("  of it INIT", Decimal(*init)+" GB s", &usd)
	}
	dpu := ""
	if s.DPU != nil {
		dpu = Decimal(*s.DPU) + " DPU"
	}
	line("DSQL", dpu, s.DPUUSD)
	line("Total", "", &s.TotalUSD)
	if s.PerMillionRowUSD != nil {
		line("Per million rows", "", s.PerMillionRowUSD)
	}
	for _, sentence := range s.Basis {
		fmt.Fprintf(w, "  - %s\n", sentence)
	}
}

// Decimal is a number with thousands grouped, and two digits after the point
// unless it is whole or large.
func Decimal(v float64) string {
	size := math.Abs(v)
	if size >= 1<<53 || math.IsNaN(v) {
		return fmt.Sprintf("%g", v)
	}
	text := figure.Count(int64(math.Round(size)))
	if size != math.Trunc(size) && size < 10_000 {
		hundredths := int64(math.Round(size * 100))
		text = fmt.Sprintf("%s.%02d", figure.Count(hundredths/100), hundredths%100)
	}
	if v < 0 && strings.ContainsAny(text, "123456789") {
		return "-" + text
	}
	return text
}
