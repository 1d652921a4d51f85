package figure

import "dsql-load-test/internal/bench"

func rateFigures() []Figure {
	return []Figure{
		{Name: "throughput", Unit: "rows/s", Higher: true, Means: "acknowledged rows over wall time", Absent: absentSent, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.Sent(), s.Throughput)
		}},
		{Name: "duration", Unit: "s", digits: 2, Means: "wall time from the first call to the last answer", Absent: absentSent, Grows: true, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.Sent(), s.TotalDurationSeconds)
		}},
		{
			Name: "success_rate", Unit: "%", digits: 2, Higher: true, Means: "rows acknowledged, of those planned",
			Absent: "invocations failed whose rows are in no count, as in the original suite's files", summary: (*bench.Summary).RowSuccessRate,
		},
		{Name: "invocation_success_rate", Unit: "%", digits: 2, Higher: true, Means: "invocations that succeeded, of those planned", summary: func(s *bench.Summary) *float64 {
			return valueIf(s.TotalLambdas > 0, s.SuccessRate)
		}},
		{Name: "error_rate", Unit: "%", digits: 2, Means: "rows failed or unknown, of those planned", Grows: true, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.Rows.Planned > 0, 100*float64(s.TotalErrors)/float64(s.Rows.Planned))
		}},
	}
}

// counted is a number of a scenario that only grows.
func counted(name, unit, means string, of func(*bench.Summary) int64) Figure {
	return Figure{Name: name, Unit: unit, Means: means, Grows: true, summary: func(s *bench.Summary) *float64 {
		return number(of(s))
	}}
}

// detailed is counted for a number that only this suite's function reports.
func detailed(name, unit, means string, of func(*bench.Summary) int64) Figure {
	return Figure{Name: name, Unit: unit, Means: means, Grows: true, Absent: AbsentDetail, Detail: true, summary: func(s *bench.Summary) *float64 {
		return valueIf(!s.Foreign(), float64(of(s)))
	}}
}

func rowFigures() []Figure {
	return []Figure{
		counted("acknowledged", "rows", "rows acknowledged", func(s *bench.Summary) int64 { return s.Rows.Acknowledged }),
		counted("errors", "rows", "rows failed or unknown", func(s *bench.Summary) int64 { return s.TotalErrors }),
		detailed("failed", "rows", "rows refused", func(s *bench.Summary) int64 { return s.Rows.Failed }),
		counted("unknown", "rows", "rows sent without an answer", func(s *bench.Summary) int64 { return s.Rows.Unknown }),
		{Name: "not_started", Unit: "rows", Means: "rows never sent", summary: func(s *bench.Summary) *float64 {
			return number(s.Rows.NotStarted)
		}},
		detailed("attempts", "", "statements sent, as far as the invocations told of them; those sent again counted again", func(s *bench.Summary) int64 { return bench.Known(s.Attempts) }),
		detailed("retries", "", "attempts that were followed by another", func(s *bench.Summary) int64 { return bench.Total(s.Retried) }),
		detailed("conflicts", "", "attempts that met a conflict (40001)", (*bench.Summary).Conflicts),
		{Name: "conflict_rate", Unit: "%", digits: 2, Means: "conflicts, of all attempts", Absent: "no attempt was made, or " + AbsentDetail, Detail: true, summary: func(s *bench.Summary) *float64 {
			attempts := bench.Known(s.Attempts)
			return valueIf(attempts > 0, 100*float64(s.Conflicts())/float64(attempts))
		}},
	}
}

func callFigures() []Figure {
	return []Figure{
		counted("failed_invocations", "", "invocations started and not successful", func(s *bench.Summary) int64 { return s.FailedLambdas }),
		detailed("truncated", "", "invocations that stopped before their last statement", func(s *bench.Summary) int64 { return bench.Known(s.TruncatedLambdas) }),
		counted("throttles", "", "calls refused and sent again", func(s *bench.Summary) int64 { return bench.Total(s.Throttles) }),
		{Name: "cold_starts", Means: "invocations that were the first of their environment", Absent: absentCold, Reported: true, Grows: true, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.ColdStarts != nil, float64(bench.Known(s.ColdStarts)))
		}},
		detailed("environments", "", "execution environments that answered", func(s *bench.Summary) int64 { return bench.Known(s.Environments) }),
		{Name: "billed", Unit: "s", digits: 1, Means: "duration that Lambda billed", Absent: absentBilled, summary: of(billed, func(b *bench.Billed) *float64 { return new(b.BilledSeconds) })},
		{Name: "memory_used", Unit: "MB", Means: "most memory that an environment used", Absent: absentBilled, summary: of(billed, func(b *bench.Billed) *float64 {
			return number(b.MaxMemoryMB)
		})},
	}
}

// billed returns nil if there was no REPORT line, so also if only streamed bytes are known.
func billed(s *bench.Summary) *bench.Billed {
	if b := s.Billed; b == nil || b.Invocations == 0 && b.StreamedBytesBilled > 0 {
		return nil
	}
	return s.Billed
}

// of returns the value of a part of a record or summary; nil if that part is nil.
func of[Whole, Part any](part func(*Whole) *Part, value func(*Part) *float64) func(*Whole) *float64 {
	return func(w *Whole) *float64 {
		if p := part(w); p != nil {
			return value(p)
		}
		return nil
	}
}
