package figure

import "dsql-load-test/internal/bench"

// latencyFigures are the latency of statements, then that of invocations from several
// sides.
func latencyFigures() []Figure {
	all := statementFigures()
	for _, from := range []struct {
		prefix, means, absent string
		reported              bool
		of                    func(*bench.Summary) *bench.Stats
	}{
		{"invocation", "latency of invocations, seen by the driver", absentSent, false, func(s *bench.Summary) *bench.Stats { return &s.LatencyMs }},
		{"cold", "latency of invocations that started an environment", "there was no cold start, or none was reported", true, func(s *bench.Summary) *bench.Stats { return &s.Cold }},
		{"warm", "latency of invocations that met a warm environment", "no invocation met a warm environment, or none was reported", true, func(s *bench.Summary) *bench.Stats { return &s.Warm }},
		{"lambda_duration", "duration of the function's loop, by its clock", "no invocation succeeded", false, func(s *bench.Summary) *bench.Stats { return &s.LambdaDurationMs }},
	} {
		add := func(name, which string, value func(*bench.Stats) *float64) {
			all = append(all, Figure{
				Name: from.prefix + "_" + name, Unit: "ms", Means: which + " " + from.means, Absent: from.absent, Reported: from.reported,
				summary: of(from.of, value),
			})
		}
		add("min", "smallest", func(s *bench.Stats) *float64 { return s.Min })
		add("avg", "mean", func(s *bench.Stats) *float64 { return s.Avg })
		add("median", "median", func(s *bench.Stats) *float64 { return s.Median })
		for _, q := range (bench.HighPercentiles{}).List() {
			add(q.Name, q.Means(), func(s *bench.Stats) *float64 { return s.At(q.Name) })
		}
		add("max", "largest", func(s *bench.Stats) *float64 { return s.Max })
	}
	return all
}

// Latencies returns the names of the figures of statement latency, the smallest first.
func Latencies() (names []string) {
	for _, f := range statementFigures() {
		names = append(names, f.Name)
	}
	return names
}

func statementFigures() (all []Figure) {
	add := func(name, which string, value func(*bench.StatementLatency) *float64) {
		all = append(all, Figure{
			Name: name, Unit: "ms", Means: which + " latency of acknowledged statements", Absent: absentStatements, Detail: true, Grows: name == "max",
			summary: func(s *bench.Summary) *float64 { return value(&s.StatementLatency) },
		})
	}
	add("min", "smallest", func(l *bench.StatementLatency) *float64 { return l.Min })
	add("avg", "mean", func(l *bench.StatementLatency) *float64 { return l.Avg })
	for _, q := range bench.Quantiles() {
		add(q.Name, q.Means(), func(l *bench.StatementLatency) *float64 { return l.At(q.Name) })
	}
	add("max", "largest", func(l *bench.StatementLatency) *float64 { return l.Max })
	return all
}
