package bench

import "slices"

// Figure is a number of a Record that a threshold can be set on.
type Figure struct {
	Name  string // such as "p99"
	Unit  string // of its value, such as "ms"; empty for a plain number
	Means string // half a sentence, for the manual
	// Absent says when there is no value; empty: there always is one.
	Absent string
	// OfRun: it is one number of the whole run, not one of each scenario.
	OfRun bool
	// Told: only this suite's function tells it. Reported: so does Lambda, where it
	// sends REPORT lines.
	Told, Reported bool
	// Grows: it never falls while a scenario goes on, so that an upper limit that
	// is passed stays passed.
	Grows bool

	summary func(*Summary) *float64
	record  func(*Record) *float64
}

// Of is the figure's value in r, of scenario s unless it is OfRun; nil without
// one.
func (f *Figure) Of(r *Record, s Scenario) *float64 {
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
func (f *Figure) OfSummary(s *Summary) *float64 { return f.summary(s) }

// Figures are all that a threshold can be set on, in the order of the manual.
func Figures() []Figure {
	return slices.Concat(rateFigures(), latencyFigures(), rowFigures(), callFigures(), machineFigures(), runFigures())
}

// FigureNamed is nil when there is none of that name.
func FigureNamed(name string) *Figure {
	for _, f := range Figures() {
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
		{Name: "throughput", Unit: "rows/s", Means: "acknowledged rows over wall time", Absent: absentSent, summary: func(s *Summary) *float64 {
			return valueIf(s.sent(), s.Throughput)
		}},
		{Name: "duration", Unit: "s", Means: "wall time from the first call to the last answer", Absent: absentSent, Grows: true, summary: func(s *Summary) *float64 {
			return valueIf(s.sent(), s.TotalDurationSeconds)
		}},
		{
			Name: "success_rate", Unit: "%", Means: "rows acknowledged, of those planned",
			Absent: "invocations failed whose rows are in no count, as in the original suite's files", summary: (*Summary).RowSuccessRate,
		},
		{Name: "invocation_success_rate", Unit: "%", Means: "invocations that succeeded, of those planned", summary: func(s *Summary) *float64 {
			return valueIf(s.TotalLambdas > 0, s.SuccessRate)
		}},
		{Name: "error_rate", Unit: "%", Means: "rows failed or unknown, of those planned", Grows: true, summary: func(s *Summary) *float64 {
			return valueIf(s.Rows.Planned > 0, 100*ratio(float64(s.TotalErrors), float64(s.Rows.Planned)))
		}},
	}
}

// latencyFigures are the statements' latency, then that of the invocations from
// several sides.
func latencyFigures() []Figure {
	var all []Figure
	for _, f := range []struct {
		name, means string
		of          func(*StatementLatency) *float64
	}{
		{"min", "smallest", func(l *StatementLatency) *float64 { return l.Min }},
		{"avg", "mean", func(l *StatementLatency) *float64 { return l.Avg }},
		{"p50", "median", func(l *StatementLatency) *float64 { return l.P50 }},
		{"p90", "90th percentile of the", func(l *StatementLatency) *float64 { return l.P90 }},
		{"p95", "95th percentile of the", func(l *StatementLatency) *float64 { return l.P95 }},
		{"p99", "99th percentile of the", func(l *StatementLatency) *float64 { return l.P99 }},
		{"p99.9", "99.9th percentile of the", func(l *StatementLatency) *float64 { return l.P999 }},
		{"max", "largest", func(l *StatementLatency) *float64 { return l.Max }},
	} {
		all = append(all, Figure{
			Name: f.name, Unit: "ms", Means: f.means + " latency of acknowledged statements", Absent: absentStatements, Told: true,
			Grows: f.name == "max", summary: func(s *Summary) *float64 { return f.of(&s.StatementLatency) },
		})
	}
	for _, from := range []struct {
		prefix, means, absent string
		of                    func(*Summary) *Stats
	}{
		{"invocation", "latency of invocations, seen by the driver", absentSent, func(s *Summary) *Stats { return &s.LatencyMs }},
		{"cold", "latency of invocations that started an environment", "there was no cold start, or nobody told of one", func(s *Summary) *Stats { return &s.Cold }},
		{"warm", "latency of invocations that met a warm environment", "no invocation met a warm environment, or nobody told of one", func(s *Summary) *Stats { return &s.Warm }},
		{"lambda_duration", "duration of the function's loop, by its clock", "no invocation succeeded", func(s *Summary) *Stats { return &s.LambdaDurationMs }},
	} {
		of := statsFigures(from.prefix, from.means, from.absent, from.of)
		for i := range of {
			of[i].Reported = from.prefix == "cold" || from.prefix == "warm"
		}
		all = append(all, of...)
	}
	return all
}

func statsFigures(prefix, means, absent string, of func(*Summary) *Stats) []Figure {
	var all []Figure
	for _, f := range []struct {
		name, means string
		of          func(*Stats) *float64
	}{
		{"min", "smallest", func(s *Stats) *float64 { return s.Min }},
		{"avg", "mean", func(s *Stats) *float64 { return s.Avg }},
		{"median", "median", func(s *Stats) *float64 { return s.Median }},
		{"p95", "95th percentile of the", func(s *Stats) *float64 { return s.P95 }},
		{"p99", "99th percentile of the", func(s *Stats) *float64 { return s.P99 }},
		{"max", "largest", func(s *Stats) *float64 { return s.Max }},
	} {
		all = append(all, Figure{
			Name: prefix + "_" + f.name, Unit: "ms", Means: f.means + " " + means, Absent: absent,
			summary: func(s *Summary) *float64 { return f.of(of(s)) },
		})
	}
	return all
}

// sent reports whether any invocation was. A foreign record has no account of
// those that were not, but a duration.
func (s *Summary) sent() bool {
	return s.Invocations.Planned > s.Invocations.NotStarted && s.TotalDurationMs > 0
}

func valueIf(is bool, v float64) *float64 {
	if !is {
		return nil
	}
	return &v
}

func sumOf(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}
