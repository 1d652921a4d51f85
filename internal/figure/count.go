package figure

import "dsql-load-test/internal/bench"

// counted is a figure of a scenario that only grows.
func counted(name, unit, means string, of func(*bench.Summary) int64) Figure {
	return Figure{Name: name, Unit: unit, Means: means, Grows: true, summary: func(s *bench.Summary) *float64 {
		return valueIf(true, float64(of(s)))
	}}
}

// toldOf is counted, but nil of a function that doesn't tell of statements.
func toldOf(name, unit, means string, of func(*bench.Summary) int64) Figure {
	f := counted(name, unit, means, of)
	f.Absent, f.Told = AbsentDetail, true
	f.summary = func(s *bench.Summary) *float64 { return valueIf(!s.Foreign(), float64(of(s))) }
	return f
}

func rowFigures() []Figure {
	return []Figure{
		counted("acknowledged", "rows", "rows acknowledged", func(s *bench.Summary) int64 { return s.Rows.Acknowledged }),
		counted("errors", "rows", "rows failed or unknown", func(s *bench.Summary) int64 { return s.TotalErrors }),
		toldOf("failed", "rows", "rows refused", func(s *bench.Summary) int64 { return s.Rows.Failed }),
		counted("unknown", "rows", "rows sent without an answer", func(s *bench.Summary) int64 { return s.Rows.Unknown }),
		{Name: "not_started", Unit: "rows", Means: "rows never sent", summary: func(s *bench.Summary) *float64 {
			return valueIf(true, float64(s.Rows.NotStarted))
		}},
		toldOf("attempts", "", "statements sent by the invocations that answered, those sent again counted again", func(s *bench.Summary) int64 { return bench.Known(s.Attempts) }),
		toldOf("retries", "", "attempts that were followed by another", func(s *bench.Summary) int64 { return bench.Total(s.Retried) }),
		toldOf("conflicts", "", "attempts that met a conflict (40001)", (*bench.Summary).Conflicts),
		{Name: "conflict_rate", Unit: "%", Means: "conflicts, of all attempts", Absent: "no attempt was made, or " + AbsentDetail, Told: true, summary: func(s *bench.Summary) *float64 {
			attempts := bench.Known(s.Attempts)
			return valueIf(attempts > 0, 100*float64(s.Conflicts())/float64(attempts))
		}},
	}
}

func callFigures() []Figure {
	return []Figure{
		counted("failed_invocations", "", "invocations started and not successful", func(s *bench.Summary) int64 { return s.FailedLambdas }),
		toldOf("truncated", "", "invocations that stopped before their last statement", func(s *bench.Summary) int64 { return bench.Known(s.TruncatedLambdas) }),
		counted("throttles", "", "calls refused and sent again", func(s *bench.Summary) int64 { return bench.Total(s.Throttles) }),
		{Name: "cold_starts", Means: "invocations that were the first of their environment", Absent: absentCold, Reported: true, Grows: true, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.ColdStarts != nil, float64(bench.Known(s.ColdStarts)))
		}},
		toldOf("environments", "", "execution environments that answered", func(s *bench.Summary) int64 { return bench.Known(s.Environments) }),
		{Name: "billed", Unit: "s", Means: "duration that Lambda billed", Absent: absentBilled, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.Billed != nil, billed(s.Billed).BilledSeconds)
		}},
		{Name: "memory_used", Unit: "MB", Means: "most memory that an environment used", Absent: absentBilled, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.Billed != nil, float64(billed(s.Billed).MaxMemoryMB))
		}},
	}
}

func billed(b *bench.Billed) bench.Billed {
	if b == nil {
		return bench.Billed{}
	}
	return *b
}

func machineFigures() []Figure {
	of := func(name, unit, means, absent string, value func(*bench.ClientLoad) *float64) Figure {
		return Figure{Name: name, Unit: unit, Means: means, Absent: absent, summary: func(s *bench.Summary) *float64 {
			if s.Client == nil {
				return nil
			}
			return value(s.Client)
		}}
	}
	percent := func(share float64) *float64 { return valueIf(true, 100*share) }
	return []Figure{
		of("machine_cpu", "%", "mean load of the driver's machine", absentMoment, func(c *bench.ClientLoad) *float64 {
			if c.MachineCPUAvg == nil {
				return nil
			}
			return percent(*c.MachineCPUAvg)
		}),
		of("driver_cpu", "%", "mean load of that machine by the driver alone", absentClient, func(c *bench.ClientLoad) *float64 { return percent(c.DriverCPUAvg) }),
		of("lag_p99", "ms", "99th percentile of how late the driver's timers fired", absentMoment, func(c *bench.ClientLoad) *float64 { return c.LagP99Ms }),
		of("lag_max", "ms", "the latest of the driver's timers", absentMoment, func(c *bench.ClientLoad) *float64 { return c.LagMaxMs }),
		{Name: "clock_offset", Unit: "ms", Means: "how far, at least, the function's clock was from the driver's", Absent: "no invocation succeeded, or " + AbsentDetail, Told: true, summary: func(s *bench.Summary) *float64 {
			return s.ClockOffset
		}},
	}
}

func runFigures() []Figure {
	const notAsked = "the table wasn't asked for each id (--verify full)"
	return []Figure{
		{Name: "lost", Unit: "rows", Means: "rows acknowledged and not in the table", Absent: notAsked, Told: true, OfRun: true, record: func(r *bench.Record) *float64 {
			return verified(r, func(v *bench.Verification) int64 { return v.Lost })
		}},
		{Name: "unacknowledged_present", Unit: "rows", Means: "rows in the table that were not acknowledged", Absent: notAsked, Told: true, OfRun: true, record: func(r *bench.Record) *float64 {
			return verified(r, func(v *bench.Verification) int64 { return v.UnacknowledgedPresent })
		}},
		{Name: "run_duration", Unit: "s", Means: "wall time of the run, warm-up and verification included", OfRun: true, record: func(r *bench.Record) *float64 {
			return valueIf(true, r.Run.DurationSeconds)
		}},
		{Name: "spans_lost", Unit: "", Means: "spans that were made and not stored", Absent: "the run wasn't observed", OfRun: true, record: func(r *bench.Record) *float64 {
			return lostOf(r, func(t *bench.Telemetry) *bench.Ledger { return &t.Spans })
		}},
		{Name: "points_lost", Unit: "", Means: "metric points that were made and not stored", Absent: "the run wasn't observed", OfRun: true, record: func(r *bench.Record) *float64 {
			return lostOf(r, func(t *bench.Telemetry) *bench.Ledger { return &t.Points })
		}},
		costFigure("cost", "what the run cost", "the target is local, or what was billed isn't known: CloudWatch tells the DPU minutes later (--cloudwatch wait)", actual, total),
		costFigure("cost_per_million", "what each million acknowledged rows cost", "the target is local, no row was acknowledged, or what was billed isn't known: CloudWatch tells the DPU minutes later (--cloudwatch wait)", actual, perMillion),
		costFigure("cost_estimate", "what the plan was estimated to cost", "there is no estimate", estimate, total),
	}
}

func estimate(c *bench.Cost) *bench.CostSheet { return c.Estimate }

// actual is nil as long as a part of it isn't known.
func actual(c *bench.Cost) *bench.CostSheet {
	if c.Actual == nil || c.Actual.DPUUSD == nil {
		return nil
	}
	return c.Actual
}

func total(c *bench.CostSheet) *float64      { return &c.TotalUSD }
func perMillion(c *bench.CostSheet) *float64 { return c.PerMillionRowUSD }

func costFigure(name, means, absent string, sheet func(*bench.Cost) *bench.CostSheet, value func(*bench.CostSheet) *float64) Figure {
	return Figure{Name: name, Unit: "USD", Means: means, Absent: absent, OfRun: true, record: func(r *bench.Record) *float64 {
		if r.Cost == nil || sheet(r.Cost) == nil {
			return nil
		}
		return value(sheet(r.Cost))
	}}
}

func verified(r *bench.Record, of func(*bench.Verification) int64) *float64 {
	v := r.Verification
	if v == nil || v.Mode != bench.VerifyFull || v.IDsAsked == 0 {
		return nil
	}
	return valueIf(true, float64(of(v)))
}

func lostOf(r *bench.Record, of func(*bench.Telemetry) *bench.Ledger) *float64 {
	if r.Telemetry == nil || r.Telemetry.Mode == bench.TelemetryOff {
		return nil
	}
	return valueIf(true, float64(of(r.Telemetry).Lost()))
}
