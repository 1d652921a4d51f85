package figure

import (
	"slices"

	"dsql-load-test/internal/bench"
)

// Figure is a number of a Record that a threshold can be set on.
type Figure struct {
	Name  string // such as "p99"
	Unit  string // of its value, such as "ms"; empty for a plain number
	Means string // half a sentence, for the manual
	// Absent says when there is no value; empty: there always is one.
	Absent string
	// Higher: the larger value is the better one. Of every other figure the smaller one
	// is, where one is better at all.
	Higher bool
	// OfRun: it is one number of the whole run, not one of each scenario.
	OfRun bool
	// Told: only this suite's function tells it. Reported: so does Lambda, where it
	// sends REPORT lines.
	Told, Reported bool
	// Grows: it never falls while a scenario goes on, so that an upper limit that
	// is passed stays passed.
	Grows bool

	summary func(*bench.Summary) *float64
	record  func(*bench.Record) *float64
}

// Of is the figure's value in r, of scenario s unless it is OfRun; nil without
// one.
func (f *Figure) Of(r *bench.Record, s bench.Scenario) *float64 {
	if f.OfRun {
		return f.record(r)
	}
	for _, summary := range r.Summaries() {
		if summary.Scenario == s {
			return f.summary(summary)
		}
	}
	return nil
}

// OfSummary is the value in one scenario's summary of a figure that isn't OfRun.
func (f *Figure) OfSummary(s *bench.Summary) *float64 { return f.summary(s) }

// All are the figures that a threshold can be set on, in the order of the manual.
func All() []Figure {
	return slices.Concat(rateFigures(), latencyFigures(), rowFigures(), callFigures(), machineFigures(), runFigures())
}

// Named is nil when there is none of that name.
func Named(name string) *Figure {
	for _, f := range All() {
		if f.Name == name {
			return &f
		}
	}
	return nil
}

// Why there is no value.
const (
	absentStatements = "no statement was acknowledged, or the function doesn't tell of statements"
	AbsentDetail     = "the function doesn't tell of statements"
	AbsentIDs        = "the function doesn't tell which rows it wrote, and their ids are its own"
	absentCold       = "the function doesn't tell of statements, and Lambda sent no REPORT line"
	absentSent       = "nothing was sent"
	absentClient     = "the driver's machine wasn't watched"
	absentMoment     = absentClient + ", or for less than 0.1 s"
	absentBilled     = "Lambda sent no REPORT line"
)

func rateFigures() []Figure {
	return []Figure{
		{Name: "throughput", Unit: "rows/s", Higher: true, Means: "acknowledged rows over wall time", Absent: absentSent, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.Sent(), s.Throughput)
		}},
		{Name: "duration", Unit: "s", Means: "wall time from the first call to the last answer", Absent: absentSent, Grows: true, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.Sent(), s.TotalDurationSeconds)
		}},
		{
			Name: "success_rate", Unit: "%", Higher: true, Means: "rows acknowledged, of those planned",
			Absent: "invocations failed whose rows are in no count, as in the original suite's files", summary: (*bench.Summary).RowSuccessRate,
		},
		{Name: "invocation_success_rate", Unit: "%", Higher: true, Means: "invocations that succeeded, of those planned", summary: func(s *bench.Summary) *float64 {
			return valueIf(s.TotalLambdas > 0, s.SuccessRate)
		}},
		{Name: "error_rate", Unit: "%", Means: "rows failed or unknown, of those planned", Grows: true, summary: func(s *bench.Summary) *float64 {
			return valueIf(s.Rows.Planned > 0, 100*float64(s.TotalErrors)/float64(s.Rows.Planned))
		}},
	}
}

// latencyFigures are the statements' latency, then that of the invocations from
// several sides.
func latencyFigures() []Figure {
	var all []Figure
	of := func(name, means string, grows bool, value func(*bench.StatementLatency) *float64) {
		all = append(all, Figure{
			Name: name, Unit: "ms", Means: means + " latency of acknowledged statements", Absent: absentStatements, Told: true, Grows: grows,
			summary: func(s *bench.Summary) *float64 { return value(&s.StatementLatency) },
		})
	}
	of("min", "smallest", false, func(l *bench.StatementLatency) *float64 { return l.Min })
	of("avg", "mean", false, func(l *bench.StatementLatency) *float64 { return l.Avg })
	for _, q := range bench.Quantiles() {
		of(q.Name, q.Means(), false, func(l *bench.StatementLatency) *float64 { return l.At(q.Name) })
	}
	of("max", "largest", true, func(l *bench.StatementLatency) *float64 { return l.Max })
	for _, from := range []struct {
		prefix, means, absent string
		of                    func(*bench.Summary) *bench.Stats
	}{
		{"invocation", "latency of invocations, seen by the driver", absentSent, func(s *bench.Summary) *bench.Stats { return &s.LatencyMs }},
		{"cold", "latency of invocations that started an environment", "there was no cold start, or nobody told of one", func(s *bench.Summary) *bench.Stats { return &s.Cold }},
		{"warm", "latency of invocations that met a warm environment", "no invocation met a warm environment, or nobody told of one", func(s *bench.Summary) *bench.Stats { return &s.Warm }},
		{"lambda_duration", "duration of the function's loop, by its clock", "no invocation succeeded", func(s *bench.Summary) *bench.Stats { return &s.LambdaDurationMs }},
	} {
		of := statsFigures(from.prefix, from.means, from.absent, from.of)
		for i := range of {
			of[i].Reported = from.prefix == "cold" || from.prefix == "warm"
		}
		all = append(all, of...)
	}
	return all
}

func statsFigures(prefix, means, absent string, of func(*bench.Summary) *bench.Stats) []Figure {
	var all []Figure
	add := func(name, which string, value func(*bench.Stats) *float64) {
		all = append(all, Figure{
			Name: prefix + "_" + name, Unit: "ms", Means: which + " " + means, Absent: absent,
			summary: func(s *bench.Summary) *float64 { return value(of(s)) },
		})
	}
	add("min", "smallest", func(s *bench.Stats) *float64 { return s.Min })
	add("avg", "mean", func(s *bench.Stats) *float64 { return s.Avg })
	add("median", "median", func(s *bench.Stats) *float64 { return s.Median })
	for _, q := range (bench.HighPercentiles{}).List() {
		add(q.Name, q.Means(), func(s *bench.Stats) *float64 { return s.At(q.Name) })
	}
	add("max", "largest", func(s *bench.Stats) *float64 { return s.Max })
	return all
}

func valueIf(is bool, v float64) *float64 {
	if !is {
		return nil
	}
	return &v
}
