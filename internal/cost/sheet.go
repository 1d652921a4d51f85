package cost

import (
	"fmt"
	"io"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// WriteSheet prints a calculation and the sentences that say what it is based on.
func WriteSheet(w io.Writer, s *bench.CostSheet) {
	line := func(name, amount string, usd *float64) {
		price := "not known"
		if usd != nil {
			price = USD(*usd)
		}
		fmt.Fprintf(w, "  %-20s %20s %14s\n", name, amount, price)
	}
	line("Lambda requests", figure.Count(s.Requests), &s.RequestsUSD)
	line("Lambda duration", figure.Decimal(s.GBSeconds)+" GB s", &s.DurationUSD)
	if init := s.InitGBSeconds; init != nil && s.GBSeconds > 0 {
		usd := s.DurationUSD * *init / s.GBSeconds
		line("  of it INIT", figure.Decimal(*init)+" GB s", &usd)
	}
	if s.StreamedGB > 0 {
		line("Lambda streamed", figure.Plain(s.StreamedGB)+" GB", &s.StreamedUSD)
	}
	dpu := ""
	if s.DPU != nil {
		dpu = figure.Decimal(*s.DPU) + " DPU"
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
