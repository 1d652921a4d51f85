package figure

import "dsql-load-test/internal/bench"

func runFigures() []Figure {
	const (
		notAsked  = "the table wasn't asked for each id (--verify full)"
		notBilled = "what was billed isn't known: CloudWatch tells the DPU minutes later (--cloudwatch wait)"
		unwatched = "the run wasn't observed"
	)
	return []Figure{
		{
			Name: "lost", Unit: "rows", Means: "rows acknowledged and not in the table", Absent: notAsked, Detail: true, OfRun: true,
			record: of(verified, func(v *bench.Verification) *float64 { return valueIf(true, float64(v.Lost)) }),
		},
		{
			Name: "unacknowledged_present", Unit: "rows", Means: "rows in the table that were not acknowledged", Absent: notAsked, Detail: true, OfRun: true,
			record: of(verified, func(v *bench.Verification) *float64 { return valueIf(true, float64(v.UnacknowledgedPresent)) }),
		},
		{Name: "run_duration", Unit: "s", digits: 1, Means: "wall time of the run, warm-up and verification included", OfRun: true, record: func(r *bench.Record) *float64 {
			return valueIf(true, r.Run.DurationSeconds)
		}},
		{
			Name: "spans_lost", Means: "spans that were made and not stored", Absent: unwatched, OfRun: true,
			record: of(observed, func(t *bench.Telemetry) *float64 { return valueIf(true, float64(t.Spans.Lost())) }),
		},
		{
			Name: "points_lost", Means: "metric points that were made and not stored", Absent: unwatched, OfRun: true,
			record: of(observed, func(t *bench.Telemetry) *float64 { return valueIf(true, float64(t.Points.Lost())) }),
		},
		{
			Name: "cost", Unit: "USD", Means: "what the run cost", Absent: "the target is local, or " + notBilled, OfRun: true,
			record: of(actual, func(c *bench.CostSheet) *float64 { return &c.TotalUSD }),
		},
		{
			Name: "cost_per_million", Unit: "USD", Means: "what each million acknowledged rows cost", Absent: "the target is local, no row was acknowledged, or " + notBilled, OfRun: true,
			record: of(actual, func(c *bench.CostSheet) *float64 { return c.PerMillionRowUSD }),
		},
		{
			Name: "cost_estimate", Unit: "USD", Means: "what the plan was estimated to cost", Absent: "there is no estimate", OfRun: true,
			record: of(estimate, func(c *bench.CostSheet) *float64 { return &c.TotalUSD }),
		},
	}
}

// verified returns the look at the table that settled each id; nil without one.
func verified(r *bench.Record) *bench.Verification {
	v := r.Verification
	if v == nil || v.Mode != bench.VerifyFull || v.IDsAsked == 0 {
		return nil
	}
	return v
}

func observed(r *bench.Record) *bench.Telemetry {
	if r.Telemetry == nil || r.Telemetry.Mode == bench.TelemetryOff {
		return nil
	}
	return r.Telemetry
}

// actual returns what was billed; nil as long as a part of it isn't known.
func actual(r *bench.Record) *bench.CostSheet {
	if r.Cost == nil || r.Cost.Actual == nil || r.Cost.Actual.DPUUSD == nil {
		return nil
	}
	return r.Cost.Actual
}

func estimate(r *bench.Record) *bench.CostSheet {
	if r.Cost == nil {
		return nil
	}
	return r.Cost.Estimate
}
